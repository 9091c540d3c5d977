import { z } from 'zod';

const SERVICES = ['telegram', 'ollama', 'openai', 'anthropic', 'bitrix24'] as const;
export type ServiceName = (typeof SERVICES)[number];

const target = {
  service: z.enum(SERVICES),
  /** Method name, case-insensitive, `*` as a wildcard: `sendMessage`, `send*`, `crm.lead.add`, `chat`. */
  method: z.string().optional(),
  /** Request path without secrets, `*` as a wildcard. */
  path: z.string().optional(),
  chatId: z.union([z.string(), z.number()]).optional(),
  /** Telegram: only this bot (the digits of its token). */
  botId: z.number().int().optional(),
  /** LLM: only this model. */
  model: z.string().optional(),
  /** A piece of text that the request's parameters must hold, written as JSON. */
  contains: z.string().optional(),
  /** Only requests that carry it in the header `x-sandbox-lane`: for whoever plays many customers at once. */
  lane: z.string().optional(),
  /** Fires so often, then never; without it until removed (`swap`: once). */
  times: z.number().int().positive().optional(),
  /** Lets so many matching requests pass first. */
  after: z.number().int().nonnegative().optional(),
};

/** One fault to inject. The first terminal rule that matches wins; `delay` and `hold` add up before it. */
export const MischiefRule = z.discriminatedUnion('kind', [
  /** Answers with this status and body; `effect` performs the effect all the same. */
  z.object({
    ...target,
    kind: z.literal('status'),
    status: z.number().int().min(200).max(599),
    body: z.unknown().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    effect: z.boolean().optional(),
  }),
  /** Performs the effect, then destroys the connection. */
  z.object({ ...target, kind: z.literal('lose_answer') }),
  /** Destroys the connection before any effect. */
  z.object({ ...target, kind: z.literal('lose_request') }),
  /** Waits before (default) or after the effect. */
  z.object({
    ...target,
    kind: z.literal('delay'),
    ms: z.number().nonnegative(),
    when: z.enum(['before', 'after']).optional(),
  }),
  /** Performs the effect and answers with something that does not parse. */
  z.object({ ...target, kind: z.literal('malformed') }),
  /** Performs the effect and cuts the answer after `bytes` (default: half). */
  z.object({ ...target, kind: z.literal('truncate'), bytes: z.number().int().nonnegative().optional() }),
  /** Never answers and has no effect; ends when the client gives up or the rule is removed. */
  z.object({ ...target, kind: z.literal('stall') }),
  /** The whole service stops listening; it is back after `forMs` or when the rule is removed. */
  z.object({ ...target, kind: z.literal('refuse_connections'), forMs: z.number().positive().optional() }),
  /** Answers as if the effect had been performed. */
  z.object({ ...target, kind: z.literal('drop') }),
  /** Performs the effect twice and answers with the first result. */
  z.object({ ...target, kind: z.literal('double') }),
  /** Answers at once, and performs the effect right after that of the next matching request. */
  z.object({ ...target, kind: z.literal('swap') }),
  /** Parks the request until it is released, before (default) or after the effect. */
  z.object({ ...target, kind: z.literal('hold'), when: z.enum(['before', 'after']).optional() }),
  /** LLM: cuts the text after `chars` (default: half) and reports that the length was reached. */
  z.object({ ...target, kind: z.literal('cut_output'), chars: z.number().int().nonnegative().optional() }),
  /** LLM: garbage; with a JSON format, valid JSON of a wrong shape every other time. */
  z.object({ ...target, kind: z.literal('nonsense') }),
  /** LLM: answers exactly this text. */
  z.object({ ...target, kind: z.literal('say'), text: z.string() }),
  /** LLM: HTTP 200 with an error in the body, or amid the stream. */
  z.object({ ...target, kind: z.literal('error_in_body'), message: z.string().optional() }),
]);
export type MischiefRule = z.infer<typeof MischiefRule>;

/** A rule as the control API lists it. */
export interface ListedRule {
  id: number;
  rule: MischiefRule;
  /** Requests that matched, whether or not the rule acted on them. */
  matched: number;
  /** Requests that the rule acted on. */
  fired: number;
  /** No further request will be touched. */
  spent: boolean;
}

/** A request that a `hold` rule has parked. */
export interface HeldCall {
  id: number;
  ruleId: number;
  service: ServiceName;
  method: string;
  when: 'before' | 'after';
  params: unknown;
}
