import type { FailureClass } from '../../domain/failure.ts';
import { LlmError, type LlmErrorKind } from './errors.ts';

/** What a provider answered, reduced to what its classifier reads. */
export interface HttpFault {
  status: number;
  /** Parsed JSON, or the text where it was none. */
  body: unknown;
  retryAfterMs?: number;
}

export type OpenAiFlavour = 'openai' | 'glm' | 'openrouter' | 'groq' | 'vllm';

export interface Verdict {
  class: FailureClass;
  words: string;
  kind?: LlmErrorKind;
}

export const verdict = (failureClass: FailureClass, words: string, kind?: LlmErrorKind): Verdict => ({
  class: failureClass,
  words,
  kind,
});

export const lookUp = (table: Record<string, Verdict>, key: string | undefined): Verdict | undefined =>
  key !== undefined && Object.hasOwn(table, key) ? table[key] : undefined;

/** GLM answers 429 for very different things; only its own code tells them apart. */
const GLM_CODES: Record<string, Verdict> = {
  500: verdict('unavailable', 'failed inside'),
  network_error: verdict('unavailable', 'lost its model in the middle of the answer'),
  1113: verdict('misconfigured', 'has no balance left: top the account up'),
  1120: verdict('unavailable', 'cannot answer just now'),
  1211: verdict('misconfigured', 'does not know the model'),
  1234: verdict('unavailable', 'had a network error'),
  1301: verdict('refused', 'refused the content'),
  1302: verdict('rate_limited', 'has too many calls at once'),
  1303: verdict('rate_limited', 'has too many calls in this minute'),
  1304: verdict('misconfigured', 'has used up the calls of the day'),
  1305: verdict('unavailable', 'is overloaded'),
  1308: verdict('misconfigured', 'has used up the plan for now'),
  1309: verdict('misconfigured', 'has an expired plan: renew it'),
  1310: verdict('misconfigured', 'has used up the plan for the week or month'),
};

function glmVerdict(code: string): Verdict | undefined {
  const known = lookUp(GLM_CODES, code);
  if (known !== undefined) return known;
  const number = Number(code);
  if (number >= 1000 && number <= 1004) return verdict('misconfigured', 'does not accept the key');
  if (number >= 1316 && number <= 1321) return verdict('misconfigured', 'has used up the plan');
  if (number >= 1210 && number <= 1261) return verdict('refused', 'does not accept the request');
  return undefined;
}

/** Codes that mean the same wherever they appear, whatever the status says. */
const OPENAI_CODES: Record<string, Verdict> = {
  insufficient_quota: verdict('misconfigured', 'has no quota left: look at billing'),
  billing_hard_limit_reached: verdict('misconfigured', 'has reached its billing limit'),
  invalid_api_key: verdict('misconfigured', 'does not accept the key'),
  model_not_found: verdict('misconfigured', 'does not know the model'),
  model_decommissioned: verdict('misconfigured', 'has retired the model: pin another'),
  unsupported_parameter: verdict('misconfigured', 'does not support a parameter of this model entry'),
  unsupported_value: verdict('misconfigured', 'does not support a value of this model entry'),
  context_length_exceeded: verdict('refused', 'says that the request is longer than the context'),
  content_filter: verdict('refused', 'refused the content'),
  content_policy_violation: verdict('refused', 'refused the content'),
  json_validate_failed: verdict('refused', 'could not produce the JSON asked for', 'invalid'),
};

function statusVerdict(status: number): Verdict {
  if (status === 401 || status === 403) return verdict('misconfigured', 'does not accept the key');
  if (status === 402) return verdict('misconfigured', 'has no credit left: look at billing');
  if (status === 404) return verdict('misconfigured', 'does not know the model or the address');
  if (status === 407) return verdict('misconfigured', 'is behind a proxy that refuses us');
  if (status === 408 || status === 409) return verdict('unavailable', 'gave up on the request');
  if (status === 429) return verdict('rate_limited', 'asks us to slow down');
  if (status >= 500) return verdict('unavailable', 'failed or is overloaded');
  if (status >= 400) return verdict('refused', 'does not accept the request');
  return verdict('misconfigured', 'answered something that is no answer of a model: check the address');
}

/** For a provider whose statuses mean what they say; the body is not read. */
export function classifyStatus(provider: string, { status, retryAfterMs }: HttpFault): LlmError {
  const found = statusVerdict(status);
  return new LlmError({
    provider,
    class: found.class,
    status,
    message: `${provider} ${found.words} (${status}).`,
    ...(found.class === 'rate_limited' || found.class === 'unavailable' ? { retryAfterMs } : {}),
  });
}

/** Finds the error object in the shapes that compatible servers use. */
export function readError(body: unknown): { code?: string; type?: string } {
  if (typeof body !== 'object' || body === null) return {};
  const inner = 'error' in body && typeof body.error === 'object' && body.error !== null ? body.error : body;
  const token = (value: unknown): string | undefined => {
    const text = typeof value === 'number' ? String(value) : value;
    return typeof text === 'string' && /^[\w.-]{1,64}$/.test(text) ? text : undefined;
  };
  return {
    code: 'code' in inner ? token(inner.code) : undefined,
    type: 'type' in inner ? token(inner.type) : undefined,
  };
}

/** Errors of every server compatible with OpenAI's chat completions and embeddings. */
export function classifyOpenAi(provider: string, flavour: OpenAiFlavour, fault: HttpFault): LlmError {
  const { code, type } = readError(fault.body);
  const ownStatus = Number(code);
  const status = fault.status < 300 && ownStatus >= 400 && ownStatus < 600 ? ownStatus : fault.status;
  const found =
    (flavour === 'glm' && code !== undefined ? glmVerdict(code) : undefined) ??
    (flavour === 'openrouter' && status === 403
      ? verdict('refused', 'refused the content after moderation')
      : undefined) ??
    lookUp(OPENAI_CODES, code) ??
    lookUp(OPENAI_CODES, type) ??
    (fault.status < 300 && code !== undefined && status < 300
      ? verdict('unavailable', 'reported an error in place of an answer')
      : statusVerdict(status));
  const detail = [status, code !== String(status) ? code : undefined].filter(Boolean).join(', ');
  return new LlmError({
    provider,
    class: found.class,
    kind: found.kind,
    status,
    message: `${provider} ${found.words} (${detail}).`,
    ...(found.class === 'rate_limited' || found.class === 'unavailable'
      ? { retryAfterMs: fault.retryAfterMs }
      : {}),
  });
}

/** Errors of Ollama's native API: `{"error": "text"}`, of which only well-known phrases are read. */
export function classifyOllama(provider: string, model: string, fault: HttpFault): LlmError {
  const text =
    typeof fault.body === 'object' && fault.body !== null && 'error' in fault.body
      ? String(fault.body.error)
      : '';
  const found = ollamaVerdict(fault.status, text);
  return new LlmError({
    provider,
    class: found.class,
    status: fault.status,
    message: `${provider} ${found.words} (${model}, ${fault.status}).`,
    ...(fault.retryAfterMs !== undefined ? { retryAfterMs: fault.retryAfterMs } : {}),
  });
}

function ollamaVerdict(status: number, text: string): Verdict {
  if (status === 404 && /model/i.test(text))
    return verdict('misconfigured', 'does not have the model: pull it');
  if (status === 400 && /does not support/i.test(text)) {
    return verdict('misconfigured', 'says that the model lacks an ability this role needs');
  }
  if (status === 400 && /context length/i.test(text)) {
    return verdict('refused', 'says that the request is longer than the context');
  }
  if (status === 499) return verdict('unavailable', 'lost the connection');
  if (status === 503) return verdict('unavailable', 'has a full queue');
  if (status === 200) return verdict('unavailable', 'failed in the middle of the answer');
  if (status >= 500 && /memory/i.test(text))
    return verdict('unavailable', 'has too little memory for the model');
  return statusVerdict(status);
}

/** Faults below HTTP: nothing came back, or not all of it. */
export function classifyTransport(provider: string, error: unknown): LlmError {
  const codes = [...causeCodes(error)];
  const code = codes.find((one) => one in TRANSPORT) ?? codes[0];
  const found =
    lookUp(TRANSPORT, code) ??
    (proxyRefused(error)
      ? verdict('misconfigured', 'cannot be reached: the egress proxy refuses us')
      : verdict('unavailable', 'broke the connection'));
  return new LlmError({
    provider,
    class: found.class,
    // Known codes but two come before the request was written.
    unsent: code !== undefined && code in TRANSPORT && !BROKEN.has(code),
    message: `${provider} ${found.words}${code === undefined ? '' : ` (${code})`}.`,
  });
}

/** The connection broke at a time that nobody knows: the provider may have done the work. */
const BROKEN = new Set(['ECONNRESET', 'UND_ERR_SOCKET', 'ETIMEDOUT']);

const TLS = verdict('misconfigured', 'has a certificate we do not trust');
const TRANSPORT: Record<string, Verdict> = {
  ECONNREFUSED: verdict('unavailable', 'is not running'),
  ENOTFOUND: verdict('unavailable', 'has no address: name resolution failed'),
  EAI_AGAIN: verdict('unavailable', 'has no address for now: name resolution failed'),
  ECONNRESET: verdict('unavailable', 'broke the connection'),
  ETIMEDOUT: verdict('unavailable', 'did not accept the connection in time'),
  EHOSTUNREACH: verdict('unavailable', 'cannot be reached'),
  ENETUNREACH: verdict('unavailable', 'cannot be reached'),
  UND_ERR_CONNECT_TIMEOUT: verdict('unavailable', 'did not accept the connection in time'),
  UND_ERR_SOCKET: verdict('unavailable', 'broke the connection'),
  CERT_HAS_EXPIRED: TLS,
  DEPTH_ZERO_SELF_SIGNED_CERT: TLS,
  SELF_SIGNED_CERT_IN_CHAIN: TLS,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: TLS,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: TLS,
  ERR_TLS_CERT_ALTNAME_INVALID: TLS,
};

function* causeCodes(error: unknown): Generator<string> {
  let at: unknown = error;
  for (let depth = 0; depth < 6 && typeof at === 'object' && at !== null; depth += 1) {
    if ('code' in at && typeof at.code === 'string' && /^[A-Z][A-Z0-9_]+$/.test(at.code)) yield at.code;
    // Several addresses of one host failed: each has its own error.
    if ('errors' in at && Array.isArray(at.errors)) yield* causeCodes(at.errors[0]);
    at = 'cause' in at ? at.cause : undefined;
  }
}

function proxyRefused(error: unknown): boolean {
  let at: unknown = error;
  for (let depth = 0; depth < 6 && at instanceof Error; depth += 1) {
    if (/^Proxy response \(\d+\)/.test(at.message)) return true;
    at = at.cause;
  }
  return false;
}

/** Reads `retry-after-ms` and `retry-after` (seconds or an HTTP date). `now`: epoch milliseconds. */
export function retryAfterMs(headers: { get(name: string): string | null }, now: number): number | undefined {
  const exact = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (exact >= 0) return exact;
  const value = headers.get('retry-after')?.trim();
  if (value === undefined || value === '') return undefined;
  const seconds = Number(value);
  if (seconds >= 0) return Math.ceil(seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
