import type * as z from 'zod';
import { ProviderError } from '../../../domain/failure.ts';
import { createBackoff } from './backoff.ts';
import { type Endpoint, parseWebhookUrl, redirectTarget } from './endpoint.ts';
import { parseEnvelope, scrub, stringsIn } from './envelope.ts';
import { type BadAnswer, classifyAnswer, classifyNoAnswer, type Effect, PROVIDER } from './errors.ts';
import { createLimiter, type Limiter, LimiterFull } from './limiter.ts';

/** A renamed portal answers with one redirect; more is a loop. */
const MAX_REDIRECTS = 2;
const MIN_OPERATING_WAIT_MS = 10_000;
/** The operating time is summed over ten minutes, so no wait is longer. */
const MAX_OPERATING_WAIT_MS = 600_000;

export interface BitrixCall<T extends z.ZodType> {
  method: string;
  params: Record<string, unknown>;
  /** Decides whether a lost answer is `unknown` or merely `unavailable`. */
  effect: Effect;
  /** Shape of `result`. */
  result: T;
  signal: AbortSignal;
}

/** One portal, seen through one inbound webhook. */
export interface BitrixClient {
  /** Scheme and host of the portal. */
  readonly origin: string;
  /** One request, never repeated. Throws ProviderError, classified as `Crm` promises. */
  call<T extends z.ZodType>(call: BitrixCall<T>): Promise<z.output<T>>;
  /** The same for one page of a list; `next` is the `start` of the page after it. */
  page<T extends z.ZodType>(call: BitrixCall<T>): Promise<{ result: z.output<T>; next?: number }>;
}

export interface BitrixClientOptions {
  /** `https://<portal>/rest/<user id>/<code>/`; a secret. */
  webhookUrl: string;
  /** Shared by all clients of this portal in the process. */
  limiter?: Limiter;
  /** Deadline of one request, its redirects and its body; shorter than the activity's start-to-close. */
  timeoutMs?: number;
  fetch?: typeof globalThis.fetch;
  /** Wall clock in milliseconds: the portal names moments, not delays. */
  now?: () => number;
}

/** Throws a `misconfigured` ProviderError if the address is unusable. */
export function createBitrixClient(options: BitrixClientOptions): BitrixClient {
  const { limiter = createLimiter(), timeoutMs = 20_000, fetch = globalThis.fetch, now = Date.now } = options;
  const endpoint = parseWebhookUrl(options.webhookUrl);
  const backoff = createBackoff();
  const operatingResetAt = new Map<string, number>();
  const blockedUntil = new Map<string, number>();

  const operatingWaitMs = (method: string): number | undefined => {
    const resetAt = operatingResetAt.get(method);
    if (resetAt === undefined) return undefined;
    return Math.min(MAX_OPERATING_WAIT_MS, Math.max(MIN_OPERATING_WAIT_MS, resetAt - now()));
  };

  const takeTurn = async (method: string, signal: AbortSignal) => {
    const blockedMs = (blockedUntil.get(method) ?? 0) - now();
    if (blockedMs > 0) throw limited(method, blockedMs);
    try {
      await limiter.acquire(signal);
    } catch (error) {
      throw error instanceof LimiterFull ? limited(method, error.retryAfterMs) : error;
    }
  };

  const client: BitrixClient = {
    origin: endpoint.origin,
    call: async (call) => (await client.page(call)).result,
    async page({ method, params, effect, result, signal }) {
      await takeTurn(method, signal);
      const startedAt = now();
      const answer = await post({ fetch, endpoint, method, params, effect, timeoutMs, signal });
      const envelope = parseEnvelope(answer.body);
      if (envelope?.operatingResetAt !== undefined) {
        operatingResetAt.set(method, envelope.operatingResetAt * 1000);
      }

      if (answer.status >= 200 && answer.status < 300 && envelope !== undefined && !envelope.error) {
        const parsed = result.safeParse(envelope.result);
        if (parsed.success) {
          backoff.succeeded(startedAt);
          return { result: parsed.data, ...(envelope.next === undefined ? {} : { next: envelope.next }) };
        }
      }

      const bad: BadAnswer = {
        status: answer.status,
        code: envelope?.error,
        description:
          envelope?.description && scrub(envelope.description, [endpoint.code, ...stringsIn(params)]),
        retryAfterMs: answer.retryAfterMs,
      };
      if (bad.code === 'OPERATION_TIME_LIMIT') {
        bad.retryAfterMs = operatingWaitMs(method);
        const failure = classifyAnswer(method, effect, bad);
        blockedUntil.set(method, now() + (failure.retryAfterMs ?? MIN_OPERATING_WAIT_MS));
        throw new ProviderError(failure);
      }
      if (answer.status === 503 || answer.status === 429 || bad.code === 'QUERY_LIMIT_EXCEEDED') {
        const failure = classifyAnswer(method, effect, bad);
        const pauseMs = Math.max(backoff.failed(startedAt, now()), failure.retryAfterMs ?? 0);
        limiter.pause(pauseMs);
        if (failure.class === 'rate_limited') failure.retryAfterMs = pauseMs;
        throw new ProviderError(failure);
      }
      throw new ProviderError(classifyAnswer(method, effect, bad));
    },
  };
  return client;
}

const limited = (method: string, retryAfterMs: number) =>
  new ProviderError({
    provider: PROVIDER,
    class: 'rate_limited',
    message: `Bitrix24 ${method}: not sent, the call budget is used up for ${Math.ceil(retryAfterMs)} ms.`,
    retryAfterMs: Math.ceil(retryAfterMs),
  });

interface Post {
  fetch: typeof globalThis.fetch;
  endpoint: Endpoint;
  method: string;
  params: Record<string, unknown>;
  effect: Effect;
  timeoutMs: number;
  signal: AbortSignal;
}

interface Answer {
  status: number;
  body: string;
  retryAfterMs?: number;
}

/** Sends once (a redirect was not executed, so following it is no repetition) and reads the answer. */
async function post({ fetch, endpoint, method, params, effect, timeoutMs, signal }: Post): Promise<Answer> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const request = {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: JSON.stringify(params),
    redirect: 'manual',
    signal: AbortSignal.any([signal, deadline]),
  } as const;
  try {
    let url = endpoint.url(method);
    for (let redirects = 0; ; redirects += 1) {
      const response = await fetch(url, request);
      const body = await response.text();
      const target =
        response.status >= 301 && response.status <= 308 && redirects < MAX_REDIRECTS
          ? redirectTarget(url, response.headers.get('location'))
          : undefined;
      if (target === undefined)
        return { status: response.status, body, retryAfterMs: retryAfter(response.headers) };
      url = target;
    }
  } catch (error) {
    if (signal.aborted) {
      if (effect === 'read') throw signal.reason;
      throw new ProviderError(classifyNoAnswer(method, effect, { code: 'ABORTED' }));
    }
    if (deadline.aborted) throw new ProviderError(classifyNoAnswer(method, effect, { code: 'DEADLINE' }));
    throw new ProviderError(classifyNoAnswer(method, effect, networkFault(error)));
  }
}

/** Only seconds: no Bitrix24 answer carries a date here. */
function retryAfter(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0
    ? Math.min(seconds * 1000, MAX_OPERATING_WAIT_MS)
    : undefined;
}

/** `fetch failed` hides the reason in its cause; the error itself is dropped, as it may quote the address. */
function networkFault(error: unknown): { code?: string; syscall?: string } {
  const cause: unknown = error instanceof Error ? (error.cause ?? error) : undefined;
  if (cause === null || typeof cause !== 'object') return {};
  const { code, syscall } = cause as { code?: unknown; syscall?: unknown };
  return {
    ...(typeof code === 'string' ? { code } : {}),
    ...(typeof syscall === 'string' ? { syscall } : {}),
  };
}
