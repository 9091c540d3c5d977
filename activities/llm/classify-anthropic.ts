import { classifyStatus, type HttpFault, lookUp, readError, type Verdict, verdict } from './classify.ts';
import { LlmError } from './errors.ts';

/** Error types of the Messages API; they mean the same under every status, 200 included. */
const TYPES: Record<string, Verdict> = {
  authentication_error: verdict('misconfigured', 'does not accept the key'),
  permission_error: verdict('misconfigured', 'does not let this key use the model'),
  billing_error: verdict('misconfigured', 'has no credit left: look at billing'),
  not_found_error: verdict('misconfigured', 'does not know the model or the address'),
  request_too_large: verdict('refused', 'says that the request is too large'),
  rate_limit_error: verdict('rate_limited', 'asks us to slow down'),
  timeout_error: verdict('unavailable', 'gave up on the request'),
  overloaded_error: verdict('unavailable', 'is overloaded'),
  api_error: verdict('unavailable', 'failed inside'),
};

/** One status for many faults, told apart by well-known phrases only. */
const BAD_REQUESTS: readonly (readonly [RegExp, Verdict])[] = [
  [
    /prompt is too long|exceed(s|ed)? context|context (window|limit)/i,
    verdict('refused', 'says that the request is longer than the context'),
  ],
  [/credit balance is too low/i, verdict('misconfigured', 'has no credit left: look at billing')],
  [
    /temperature|top_p|top_k|output_config|max_tokens|tool_choice/i,
    verdict('misconfigured', 'does not support a parameter of this model entry'),
  ],
];

/** Errors of Anthropic's Messages API: `{"type":"error","error":{"type","message"}}`. The message is not quoted. */
export function classifyAnthropic(provider: string, fault: HttpFault): LlmError {
  const { type } = readError(fault.body);
  const found =
    (type === 'invalid_request_error' || fault.status === 400
      ? BAD_REQUESTS.find(([phrase]) => phrase.test(messageOf(fault.body)))?.[1]
      : undefined) ?? lookUp(TYPES, type);
  if (found === undefined) return classifyStatus(provider, fault);
  return new LlmError({
    provider,
    class: found.class,
    status: fault.status,
    message: `${provider} ${found.words} (${[fault.status, type].filter(Boolean).join(', ')}).`,
    ...(found.class === 'rate_limited' || found.class === 'unavailable'
      ? { retryAfterMs: fault.retryAfterMs }
      : {}),
  });
}

function messageOf(body: unknown): string {
  if (typeof body !== 'object' || body === null || !('error' in body)) return '';
  const { error } = body;
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
}
