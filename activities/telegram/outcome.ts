import { GrammyError, HttpError } from 'grammy';
import { type FailureClass, ProviderError } from '../../domain/failure.ts';
import type { RefusalReason, SendAttempt } from '../../domain/outbound.ts';
import { redactSecrets } from '../../domain/redact.ts';
import { TransportError } from './transport.ts';

const PROVIDER = 'telegram';
const DEFAULT_RETRY_MS = 1000;
const MAX_DESCRIPTION = 300;

const UNREACHABLE =
  /chat not found|user not found|user is deactivated|bot was blocked|can't initiate conversation|peer_id_invalid/i;
/** Formatting, and buttons that open pages: the plain form does without both. */
const MARKUP = /can't parse|entit(?:y|ies)|button_url|button url|wrong http url|unsupported url protocol/i;
/** The account or the address of the API is wrong; 3xx and 407 come from something in between. */
const MISCONFIGURED = new Set([301, 302, 307, 308, 401, 404, 407, 421]);

/**
 * What a failed `sendMessage` means. A refusal is certain not to have been delivered, `not_sent` is certain
 * never to have left; where neither is certain the answer is `unknown`, and so it is for errors nobody foresaw.
 * Descriptions hold no token, no URL and nothing of the message.
 */
export function toSendAttempt(error: unknown): SendAttempt {
  if (error instanceof GrammyError) return fromAnswer(error);
  const fault = transportFault(error);
  if (!fault) return { kind: 'unknown', description: `Unforeseen ${nameOf(error)} while sending.` };
  const description = fault.message;
  if (!fault.written) return { kind: 'not_sent', description };
  if (fault.status === 429)
    return { kind: 'rate_limited', retryAfterMs: fault.retryAfterMs ?? DEFAULT_RETRY_MS };
  const reason = fault.status === undefined ? undefined : refusalByStatus(fault.status);
  return reason ? { kind: 'refused', reason, description } : { kind: 'unknown', description };
}

function fromAnswer(error: GrammyError): SendAttempt {
  const description = describe(error);
  if (error.error_code === 429) return { kind: 'rate_limited', retryAfterMs: waitOf(error) };
  if (error.error_code === 403) return { kind: 'refused', reason: 'unreachable', description };
  if (error.error_code === 400) {
    if (UNREACHABLE.test(error.description)) return { kind: 'refused', reason: 'unreachable', description };
    if (MARKUP.test(error.description)) return { kind: 'refused', reason: 'markup', description };
  }
  const reason = refusalByStatus(error.error_code);
  return reason ? { kind: 'refused', reason, description } : { kind: 'unknown', description };
}

/** A 4xx was not carried out. 408 says only that somebody lost patience. */
function refusalByStatus(status: number): RefusalReason | undefined {
  if (MISCONFIGURED.has(status)) return 'misconfigured';
  return status >= 400 && status < 500 && status !== 408 ? 'other' : undefined;
}

/**
 * What a failed call means that may be made again: menus, webhooks, polling, typing. Nothing was lost, so what
 * is unknown for a message is merely `unavailable` here.
 */
export function classifyTelegram(error: unknown): ProviderError {
  if (error instanceof ProviderError) return error;
  if (error instanceof GrammyError) {
    const rateLimited = error.error_code === 429;
    return new ProviderError({
      provider: PROVIDER,
      class: rateLimited ? 'rate_limited' : classByAnswer(error),
      message: `${error.method}: ${describe(error)}`,
      status: error.error_code,
      ...(rateLimited ? { retryAfterMs: waitOf(error) } : {}),
    });
  }
  const fault = transportFault(error);
  if (!fault) {
    return new ProviderError({
      provider: PROVIDER,
      class: 'unknown',
      message: `Unforeseen ${nameOf(error)} in a Bot API call.`,
    });
  }
  return new ProviderError({
    provider: PROVIDER,
    class: fault.status === 429 ? 'rate_limited' : classByFault(fault),
    message: fault.message,
    ...(fault.status === undefined ? {} : { status: fault.status }),
    ...(fault.status === 429 ? { retryAfterMs: fault.retryAfterMs ?? DEFAULT_RETRY_MS } : {}),
  });
}

function classByAnswer(error: GrammyError): FailureClass {
  // A second poller goes away by itself; a webhook that is still set does not.
  if (error.error_code === 409) return /webhook/i.test(error.description) ? 'misconfigured' : 'unavailable';
  return classByStatus(error.error_code);
}

const classByFault = (fault: TransportError): FailureClass =>
  fault.status === undefined ? 'unavailable' : classByStatus(fault.status);

function classByStatus(status: number): FailureClass {
  if (MISCONFIGURED.has(status)) return 'misconfigured';
  return status >= 400 && status < 500 && status !== 408 ? 'refused' : 'unavailable';
}

/** grammY wraps what its `fetch` throws. */
function transportFault(error: unknown): TransportError | undefined {
  const inner = error instanceof HttpError ? error.error : error;
  return inner instanceof TransportError ? inner : undefined;
}

function waitOf(error: GrammyError): number {
  const seconds = Number(error.parameters.retry_after);
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds * 1000) : DEFAULT_RETRY_MS;
}

const describe = (error: GrammyError): string =>
  redactSecrets(`${error.error_code} ${error.description}`).slice(0, MAX_DESCRIPTION);

function nameOf(error: unknown): string {
  const inner = error instanceof HttpError ? error.error : error;
  return inner instanceof Error ? inner.name : typeof inner;
}
