import { z } from 'zod';
import { classifyOpenAi, classifyTransport, type OpenAiFlavour, retryAfterMs } from './classify.ts';
import type { Finish, Usage } from './contract.ts';
import { LlmError } from './errors.ts';
import { parseJson } from './json.ts';

type Fetch = typeof globalThis.fetch;

/** What one call said on the wire. The library in between hides half of it and reshapes the rest. */
export interface Exchange {
  fetch: Fetch;
  /** Fields to add to the request's body on its way out, unseen by the library. */
  addToBody(fields: Record<string, unknown>): void;
  /** The first fault seen, classified. */
  failure(): LlmError | undefined;
  /** Sum over the call's requests. */
  usage(): Usage;
  finish(): Finish;
}

const Count = z.number().nonnegative().catch(0);
const UsagePart = z
  .object({ prompt_tokens: Count, completion_tokens: Count })
  .catch({ prompt_tokens: 0, completion_tokens: 0 });

/** The least that an answer must have; everything else may differ between servers. */
const Answer = z.union([
  z.object({
    choices: z
      .array(
        z.object({
          message: z.object({ content: z.unknown(), refusal: z.unknown() }),
          finish_reason: z.string().nullish(),
        }),
      )
      .min(1),
    usage: UsagePart,
  }),
  z.object({ data: z.array(z.object({ embedding: z.array(z.number()) })), usage: UsagePart }),
]);

/**
 * A fetch that reads each answer whole and throws for everything that is none, an error object
 * under status 200 included. Remembers the fault, because the library wraps what fetch throws.
 */
export function createExchange(
  fetch: Fetch,
  provider: string,
  flavour: OpenAiFlavour,
  signal: AbortSignal,
): Exchange {
  let failure: LlmError | undefined;
  let finish: Finish = 'stop';
  const added: Record<string, unknown> = {};
  const usage: Usage = { promptTokens: 0, completionTokens: 0 };

  async function read(response: Response): Promise<string> {
    const text = await response.text();
    const body = parseJson(text);
    const answer = Answer.safeParse(body);
    if (!response.ok || !answer.success) {
      const wait = retryAfterMs(response.headers, Date.now());
      throw classifyOpenAi(provider, flavour, { status: response.status, body, retryAfterMs: wait });
    }
    usage.promptTokens += answer.data.usage.prompt_tokens;
    usage.completionTokens += answer.data.usage.completion_tokens;
    if ('choices' in answer.data) {
      const [choice] = answer.data.choices;
      const refused = typeof choice?.message.refusal === 'string' && choice.message.refusal !== '';
      finish = readFinish(provider, refused ? 'content_filter' : choice?.finish_reason);
    }
    return text;
  }

  return {
    async fetch(input, init) {
      try {
        const response = await fetch(input, { ...init, body: withFields(init?.body, added), signal });
        const text = await read(response);
        return new Response(text, { headers: { 'content-type': 'application/json' } });
      } catch (error) {
        failure ??= error instanceof LlmError ? error : classifyTransport(provider, error);
        throw failure;
      }
    },
    addToBody(fields) {
      Object.assign(added, fields);
    },
    failure: () => failure,
    usage: () => usage,
    finish: () => finish,
  };
}

function withFields(body: RequestInit['body'], fields: Record<string, unknown>): RequestInit['body'] {
  if (typeof body !== 'string' || Object.keys(fields).length === 0) return body;
  const written: unknown = JSON.parse(body);
  return JSON.stringify({ ...(typeof written === 'object' ? written : {}), ...fields });
}

function readFinish(provider: string, reason: string | null | undefined): Finish {
  if (reason === 'content_filter' || reason === 'sensitive') {
    throw new LlmError({
      provider,
      class: 'refused',
      message: `${provider} refused the content (${reason}).`,
    });
  }
  if (reason === 'network_error') {
    const message = `${provider} lost its model in the middle of the answer (network_error).`;
    throw new LlmError({ provider, class: 'unavailable', message });
  }
  return reason === 'length' ? 'length' : 'stop';
}
