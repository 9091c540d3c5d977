import type { ProviderSettings } from '../../config/llm.ts';
import { classifyOllama, retryAfterMs } from './classify.ts';
import { LlmError } from './errors.ts';
import { parseJson } from './json.ts';

type Fetch = typeof globalThis.fetch;

/** Host and headers for the client. A login in the address becomes a header: fetch refuses it there. */
export function ollamaEndpoint({ baseUrl, apiKey }: ProviderSettings): {
  host: string;
  headers: Record<string, string>;
} {
  const url = new URL(baseUrl);
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  const authorization =
    apiKey !== undefined
      ? `Bearer ${apiKey}`
      : url.username !== ''
        ? `Basic ${Buffer.from(login).toString('base64')}`
        : undefined;
  url.username = '';
  url.password = '';
  return { host: url.href, headers: authorization === undefined ? {} : { authorization } };
}

/**
 * A fetch for the library that turns every bad answer into an `LlmError` before the library sees
 * it: the library would print such answers, and with them customers' words, to the console.
 */
export function ollamaFetch(fetch: Fetch, provider: string, model: string, signal: AbortSignal): Fetch {
  return async (input, init) => {
    const response = await fetch(input, { ...init, signal });
    if (!response.ok) {
      throw classifyOllama(provider, model, {
        status: response.status,
        body: parseJson(await response.text()),
        retryAfterMs: retryAfterMs(response.headers, Date.now()),
      });
    }
    if (response.body === null || !isStream(response)) return response;
    return new Response(response.body.pipeThrough(lineGuard(provider, model)), { headers: response.headers });
  };
}

const isStream = (response: Response): boolean =>
  response.headers.get('content-type')?.includes('ndjson') === true;

/** Lets lines of JSON through and breaks the stream at an error line or at a line that is none. */
function lineGuard(provider: string, model: string): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let buffer = '';
  const check = (line: string): void => {
    if (line.trim() === '') return;
    const value = parseJson(line);
    if (typeof value !== 'object' || value === null) {
      throw new LlmError({
        provider,
        class: 'unavailable',
        message: `${provider} sent a garbled line in the middle of the answer (${model}).`,
      });
    }
    if ('error' in value) throw classifyOllama(provider, model, { status: 200, body: value });
  };
  return new TransformStream({
    transform(chunk, controller) {
      const lines = (buffer + decoder.decode(chunk, { stream: true })).split('\n');
      buffer = lines.pop() ?? '';
      lines.forEach(check);
      controller.enqueue(chunk);
    },
    flush() {
      check(buffer);
    },
  });
}
