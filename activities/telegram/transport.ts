import type { ApiClientOptions } from 'grammy';
import type { Dispatcher } from 'undici';

/**
 * A request that brought no usable answer. Names no URL, since the token is part of it.
 * `written` is false only where it is certain that no byte of the request left this machine.
 */
export class TransportError extends Error {
  readonly written: boolean;
  /** The system's or library's code (`ECONNREFUSED`), `ABORTED`, or `MALFORMED` for an answer nobody understands. */
  readonly code: string;
  /** HTTP status, where an answer came at all. */
  readonly status?: number;
  readonly retryAfterMs?: number;

  constructor(fault: { written: boolean; code: string; status?: number; retryAfterMs?: number }) {
    super(describe(fault));
    this.name = 'TransportError';
    this.written = fault.written;
    this.code = fault.code;
    this.status = fault.status;
    this.retryAfterMs = fault.retryAfterMs;
  }
}

function describe(fault: { written: boolean; code: string; status?: number }): string {
  if (fault.status !== undefined)
    return `The Bot API's address answered ${fault.status} without a Bot API answer.`;
  const when = fault.written ? 'after the request may have been written' : 'before the request was written';
  return `No answer of the Bot API: ${fault.code} ${when}.`;
}

/** What grammY hands to its `fetch` and takes from it. */
interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body: string;
  signal: Pick<AbortSignal, 'aborted' | 'addEventListener' | 'removeEventListener'>;
}

type Fetch = NonNullable<ApiClientOptions['fetch']>;

/**
 * The `fetch` for grammY's client. Unlike node-fetch it knows whether the request was written, which decides
 * whether a message may be sent again. Repeats nothing and follows no redirects. Rejects with `TransportError`.
 */
export function createFetch(dispatcher: Dispatcher): Fetch {
  const call = async (url: string, init: FetchInit): Promise<{ json(): Promise<unknown> }> => {
    const answer = await exchange(dispatcher, new URL(url), init);
    return { json: async () => envelope(answer) };
  };
  // grammY declares node-fetch's types, but calls with these arguments and reads `json()` only.
  return call as unknown as Fetch;
}

interface Answer {
  status: number;
  retryAfterMs?: number;
  body: string;
}

function exchange(dispatcher: Dispatcher, url: URL, init: FetchInit): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let written = false;
    let abortRequest: ((reason: Error) => void) | undefined;
    const answer: Answer = { status: 0, body: '' };
    const chunks: Buffer[] = [];

    const fail = (code: string) => {
      init.signal.removeEventListener('abort', giveUp);
      reject(new TransportError({ written, code }));
    };
    // While it connects, a request cannot be aborted; `onRequestStart` then stops it before it writes.
    const giveUp = () => {
      fail('ABORTED');
      abortRequest?.(new Error('aborted'));
    };
    if (init.signal.aborted) {
      giveUp();
      return;
    }
    init.signal.addEventListener('abort', giveUp);

    dispatcher.dispatch(
      {
        origin: url.origin,
        path: `${url.pathname}${url.search}`,
        method: init.method as Dispatcher.HttpMethod,
        headers: { ...init.headers, 'user-agent': 'dirigent' },
        body: init.body,
        // The signal bounds the whole exchange; long polls are silent for long.
        headersTimeout: 0,
        bodyTimeout: 0,
      },
      {
        // Called with an open connection (TLS included), directly before the first byte is written.
        onRequestStart(controller) {
          if (init.signal.aborted) {
            controller.abort(new Error('aborted'));
            return;
          }
          written = true;
          abortRequest = (reason) => controller.abort(reason);
        },
        onResponseStart(_controller, statusCode, headers) {
          answer.status = statusCode;
          answer.retryAfterMs = retryAfter(headers['retry-after']);
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
        },
        onResponseEnd() {
          init.signal.removeEventListener('abort', giveUp);
          resolve({ ...answer, body: Buffer.concat(chunks).toString('utf8') });
        },
        onResponseError(_controller, error) {
          fail(codeOf(error));
        },
      },
    );
  });
}

/** Seconds only: the Bot API sends no dates. */
function retryAfter(header: string | string[] | undefined): number | undefined {
  const seconds = typeof header === 'string' ? Number(header) : Number.NaN;
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds * 1000) : undefined;
}

/** Library and system errors carry a code, sometimes only inside their cause or a bundle of attempts. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UNKNOWN';
  if ('code' in error && typeof error.code === 'string') return error.code;
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  return error.cause === undefined ? error.name : codeOf(error.cause);
}

/** The Bot API's envelope, with the wait of a `Retry-After` header filled in. Anything else is malformed. */
function envelope({ status, retryAfterMs, body }: Answer): unknown {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new TransportError({ written: true, code: 'MALFORMED', status, retryAfterMs });
  }
  if (isSuccess(value)) return value;
  if (!isFailure(value)) throw new TransportError({ written: true, code: 'MALFORMED', status, retryAfterMs });
  if (retryAfterMs === undefined || value.parameters?.retry_after !== undefined) return value;
  return { ...value, parameters: { ...value.parameters, retry_after: retryAfterMs / 1000 } };
}

interface Failure {
  ok: false;
  error_code: number;
  description: string;
  parameters?: { retry_after?: number };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const isSuccess = (value: unknown): boolean => isObject(value) && value.ok === true && 'result' in value;

function isFailure(value: unknown): value is Failure {
  return (
    isObject(value) &&
    value.ok === false &&
    Number.isInteger(value.error_code) &&
    typeof value.description === 'string' &&
    (value.parameters === undefined || isObject(value.parameters))
  );
}
