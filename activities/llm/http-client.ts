import type { ProviderSettings } from '../../config/llm.ts';
import { classifyTransport, type HttpFault, retryAfterMs } from './classify.ts';
import { withDeadline } from './deadline.ts';
import { createEgress } from './egress.ts';
import { LlmError, timedOut } from './errors.ts';
import { parseJson } from './json.ts';

export interface HttpAsk {
  /** Which is named when it takes too long. */
  model: string;
  headers: Record<string, string>;
  /** Sent as JSON. */
  body: unknown;
  correlationId?: string | undefined;
}

/** What came back; `body` is undefined where it was no JSON. */
export interface HttpAnswer extends HttpFault {
  /** A status of 2xx. */
  ok: boolean;
}

export interface HttpClient {
  /**
   * Posts once and reads the answer within the provider's time limit. Rejects with what `read` throws, with
   * `LlmError` when nothing came back, with the caller's reason when cancelled.
   */
  post<T>(url: string, ask: HttpAsk, signal: AbortSignal, read: (answer: HttpAnswer) => T): Promise<T>;
  close(): Promise<void>;
}

/** For adapters that speak HTTP themselves: the way out, the deadline, and faults below HTTP. */
export function createHttpClient(name: string, settings: ProviderSettings): HttpClient {
  const egress = createEgress(settings);

  async function exchange(url: string, ask: HttpAsk, signal: AbortSignal): Promise<HttpAnswer> {
    const { headers, correlationId } = ask;
    const response = await egress.fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(correlationId !== undefined && { 'x-correlation-id': correlationId }),
        ...headers,
      },
      body: JSON.stringify(ask.body),
      signal,
    });
    const { ok, status } = response;
    const body = parseJson(await response.text());
    return { ok, status, body, retryAfterMs: retryAfterMs(response.headers, Date.now()) };
  }

  return {
    async post(url, ask, signal, read) {
      try {
        const late = () => timedOut(name, `${ask.model} did not finish its answer`, settings.timeoutMs);
        return read(
          await withDeadline(signal, settings.timeoutMs, late, (inner) => exchange(url, ask, inner)),
        );
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof LlmError ? error : classifyTransport(name, error);
      }
    },
    close: () => egress.close(),
  };
}
