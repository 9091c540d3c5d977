import type { FailureClass, ProviderFailure } from '../../../domain/failure.ts';

export const PROVIDER = 'bitrix24';

/** A read has no effect to be in doubt about. */
export type Effect = 'read' | 'write';

/** An answer that is not a success. */
export interface BadAnswer {
  status: number;
  /** `error` of the envelope; empty for old methods, absent when the body was no envelope. */
  code?: string;
  /** `error_description`, already scrubbed. */
  description?: string;
  /** What the provider, or the method's operating budget, asks to wait. */
  retryAfterMs?: number;
}

/** Smallest wait after QUERY_LIMIT_EXCEEDED: time for the bucket to drain a little. */
export const QUERY_LIMIT_RETRY_MS = 1000;
/** Used when a method's operating budget is spent and nobody said until when. */
export const OPERATING_RETRY_MS = 60_000;
/** A block set by the vendor by hand; trying sooner is pointless. */
export const OVERLOAD_RETRY_MS = 600_000;

interface Rule {
  class: FailureClass | 'in_doubt';
  why: string;
  retryAfterMs?: number;
}

const expired: Rule = {
  class: 'misconfigured',
  why: 'the webhook is wrong or expired: issue a new one in the portal and set BITRIX_WEBHOOK_URL',
};
const noRights: Rule = {
  class: 'misconfigured',
  why: 'the webhook or its user lacks rights: grant the scope crm and the rights on leads',
};
const serverFault: Rule = { class: 'in_doubt', why: 'the portal failed inside' };

/** By code first: Bitrix24 repeats a code under different HTTP statuses. */
const BY_CODE: Readonly<Record<string, Rule>> = {
  QUERY_LIMIT_EXCEEDED: {
    class: 'rate_limited',
    why: 'too many calls from this address',
    retryAfterMs: QUERY_LIMIT_RETRY_MS,
  },
  OPERATION_TIME_LIMIT: {
    class: 'rate_limited',
    why: 'the operating time of this method is used up',
    retryAfterMs: OPERATING_RETRY_MS,
  },
  OVERLOAD_LIMIT: {
    class: 'unavailable',
    why: 'the vendor has blocked the portal for overload: ask its support',
    retryAfterMs: OVERLOAD_RETRY_MS,
  },
  PORTAL_DELETED: { class: 'misconfigured', why: 'the portal no longer exists' },
  NO_AUTH_FOUND: expired,
  EXPIRED_TOKEN: expired,
  INVALID_TOKEN: expired,
  INVALID_CREDENTIALS: expired,
  ACCESS_DENIED: noRights,
  INSUFFICIENT_SCOPE: noRights,
  USER_ACCESS_ERROR: noRights,
  ALLOWED_ONLY_INTRANET_USER: noRights,
  ERROR_METHOD_NOT_FOUND: { class: 'misconfigured', why: 'the portal does not know this method' },
  INTERNAL_SERVER_ERROR: serverFault,
  ERROR_UNEXPECTED_ANSWER: serverFault,
};

function ruleOf({ status, code, retryAfterMs }: BadAnswer): Rule {
  const known = BY_CODE[(code ?? '').toUpperCase()];
  if (known !== undefined) return known;
  if (status === 429) {
    return {
      class: 'rate_limited',
      why: 'too many calls',
      retryAfterMs: retryAfterMs ?? QUERY_LIMIT_RETRY_MS,
    };
  }
  if (status === 401) return expired;
  if (status === 403) return noRights;
  if (status === 404 && code === undefined) {
    return { class: 'misconfigured', why: 'no REST API answers there: check BITRIX_WEBHOOK_URL' };
  }
  if (status === 408) return { class: 'in_doubt', why: 'the portal gave up waiting' };
  if (status >= 500) return serverFault;
  if (status >= 400) return { class: 'refused', why: 'the portal did not accept the request' };
  if (status >= 300) return { class: 'misconfigured', why: 'the portal redirects where we do not follow' };
  // A success without a readable body, or an error that calls itself a success.
  if (code !== undefined) return { class: 'refused', why: 'the portal did not accept the request' };
  return { class: 'in_doubt', why: 'the answer is not what the method promises' };
}

const doubtful = (effect: Effect): FailureClass => (effect === 'write' ? 'unknown' : 'unavailable');

/** Pure: what an answer other than a success means, and what to do about it. */
export function classifyAnswer(method: string, effect: Effect, answer: BadAnswer): ProviderFailure {
  const rule = ruleOf(answer);
  const said = [
    `HTTP ${answer.status}`,
    answer.code ? answer.code.replace(/[^\w.-]/g, '').slice(0, 64) : undefined,
    answer.description ? `"${answer.description}"` : undefined,
  ].filter((part) => part !== undefined);
  const retryAfterMs =
    rule.retryAfterMs === undefined
      ? answer.retryAfterMs
      : Math.max(rule.retryAfterMs, answer.retryAfterMs ?? 0);
  return {
    provider: PROVIDER,
    class: rule.class === 'in_doubt' ? doubtful(effect) : rule.class,
    message: `Bitrix24 ${method}: ${rule.why} (${said.join(', ')}).`,
    status: answer.status,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  };
}

/** Codes of failures before the first byte of a request leaves: name lookup, connecting, TLS. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/** Why no answer came, as far as the network stack says. */
export interface NoAnswer {
  /** Error code of the network stack, or `DEADLINE` for our own deadline, `ABORTED` for the caller's. */
  code?: string;
  /** System call that failed; `connect` means that nothing was sent. */
  syscall?: string;
}

/** Pure: what the absence of an answer means. In doubt, a write may have happened. */
export function classifyNoAnswer(
  method: string,
  effect: Effect,
  { code, syscall }: NoAnswer,
): ProviderFailure {
  const neverSent =
    (code !== undefined && NEVER_SENT.has(code)) || syscall === 'connect' || syscall === 'getaddrinfo';
  const reason = code === undefined ? 'no reason given' : code;
  return neverSent
    ? {
        provider: PROVIDER,
        class: 'unavailable',
        message: `Bitrix24 ${method}: the portal cannot be reached (${reason}).`,
      }
    : {
        provider: PROVIDER,
        class: doubtful(effect),
        message: `Bitrix24 ${method}: no answer to a request that was sent (${reason}).`,
      };
}
