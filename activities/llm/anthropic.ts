import type { ModelEntry, ProviderSettings } from '../../config/llm.ts';
import { messageBody, readMessage } from './anthropic-wire.ts';
import { classifyTransport, retryAfterMs } from './classify.ts';
import { classifyAnthropic } from './classify-anthropic.ts';
import type { LlmProvider, ProviderAnswer, ProviderRequest } from './contract.ts';
import { withDeadline } from './deadline.ts';
import { createEgress } from './egress.ts';
import { LlmError, timedOut } from './errors.ts';

/** The version whose fields are used here; later ones refuse a temperature. */
const VERSION = '2023-06-01';

/** Anthropic's Messages API. It has no embeddings. */
export function createAnthropicProvider(name: string, settings: ProviderSettings): LlmProvider {
  const egress = createEgress(settings);
  const url = `${settings.baseUrl.replace(/\/+$/, '')}/v1/messages`;

  async function ask(
    request: ProviderRequest,
    model: ModelEntry,
    signal: AbortSignal,
  ): Promise<ProviderAnswer> {
    const response = await egress.fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'x-api-key': settings.apiKey ?? 'none',
        'anthropic-version': VERSION,
        ...(request.correlationId !== undefined && { 'x-correlation-id': request.correlationId }),
      },
      body: JSON.stringify(messageBody(request, model, settings)),
      signal,
    });
    const body = parse(await response.text());
    const answer = response.ok ? readMessage(name, body) : undefined;
    if (answer !== undefined) return answer;
    const wait = retryAfterMs(response.headers, Date.now());
    throw classifyAnthropic(name, { status: response.status, body, retryAfterMs: wait });
  }

  return {
    name,
    local: settings.local,

    async chat(request, model, signal) {
      try {
        return await withDeadline(
          signal,
          settings.timeoutMs,
          () => timedOut(name, `${model.model} did not finish its answer`, settings.timeoutMs),
          (inner) => ask(request, model, inner),
        );
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof LlmError ? error : classifyTransport(name, error);
      }
    },

    embed: () =>
      Promise.reject(
        new LlmError({
          provider: name,
          class: 'misconfigured',
          unsent: true,
          message: `${name} has no embeddings: name another provider for that role.`,
        }),
      ),

    close: () => egress.close(),
  };
}

function parse(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined; // Classified by its status; the text itself must not travel on.
  }
}
