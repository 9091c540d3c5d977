import type { ProviderSettings } from '../../config/llm.ts';
import { messageBody, readMessage } from './anthropic-wire.ts';
import { classifyAnthropic } from './classify-anthropic.ts';
import type { LlmProvider } from './contract.ts';
import { LlmError } from './errors.ts';
import { createHttpClient } from './http-client.ts';

/** The version whose fields are used here; later ones refuse a temperature. */
const VERSION = '2023-06-01';

/** Anthropic's Messages API. It has no embeddings. */
export function createAnthropicProvider(name: string, settings: ProviderSettings): LlmProvider {
  const http = createHttpClient(name, settings);
  const url = `${settings.baseUrl.replace(/\/+$/, '')}/v1/messages`;
  const headers = { 'x-api-key': settings.apiKey ?? 'none', 'anthropic-version': VERSION };

  return {
    name,
    local: settings.local,

    chat: (request, model, signal) =>
      http.post(
        url,
        {
          model: model.model,
          headers,
          body: messageBody(request, model, settings),
          correlationId: request.correlationId,
        },
        signal,
        (answer) => {
          const message = answer.ok ? readMessage(name, answer.body) : undefined;
          if (message === undefined) throw classifyAnthropic(name, answer);
          return message;
        },
      ),

    embed: () =>
      Promise.reject(
        new LlmError({
          provider: name,
          class: 'misconfigured',
          unsent: true,
          message: `${name} has no embeddings: name another provider for that role.`,
        }),
      ),

    close: () => http.close(),
  };
}
