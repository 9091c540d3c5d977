/**
 * Secrets travel in URLs and headers (a Telegram token is a path segment, a Bitrix24 webhook is nothing else).
 * Each rule keeps what a person needs to recognise the account and drops what would let them use it.
 */
const RULES: ReadonlyArray<readonly [RegExp, string]> = [
  // https://api.telegram.org/bot123:secret/sendMessage, and a token on its own.
  [/(bot)?\b(\d{3,}):[A-Za-z0-9_-]{16,}/g, '$1$2:[redacted]'],
  [/(\/(?:file\/)?bot\d+):[^/\s"'\\?#]+/g, '$1:[redacted]'],
  // https://portal.bitrix24.kz/rest/1/code/crm.lead.add, also the v3 form /rest/api/1/code.
  [/(\/rest\/(?:api\/)?\d+\/)[^/\s"'\\?#]+/g, '$1[redacted]'],
  [/\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=-]+/gi, '$1 [redacted]'],
  // postgres://user:password@host
  [/(\w:\/\/[^:/\s@"'\\]*):[^@/\s"'\\]+@/g, '$1:[redacted]@'],
  [/([?&](?:token|api_?key|key|secret|password|access_token|auth)=)[^&\s"'\\#]+/gi, '$1[redacted]'],
  [/\bsk-[A-Za-z0-9_-]{8,}/g, 'sk-[redacted]'],
];

/** The text without anything that would let a reader act as us. Idempotent; safe on serialised JSON. */
export function redactSecrets(text: string): string {
  let out = text;
  for (const [pattern, replacement] of RULES) out = out.replace(pattern, replacement);
  return out;
}
