import type { z } from 'zod';
import type { ModelEntry, ModelRole } from '../../config/llm.ts';
import type { FailureClass } from '../../domain/failure.ts';

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant';
  content: string;
}

export interface ChatImage {
  data: Uint8Array;
  /** For example `image/jpeg`. */
  mediaType: string;
}

/** What the answer must look like. The name is shown to the provider: letters, digits, `_`, `-`. */
export interface AnswerSchema<T> {
  name: string;
  schema: z.ZodType<T>;
}

export interface ChatRequest<T = unknown> {
  role: ModelRole;
  /** Roles whose models are asked when none of the first one's answers, in this order. */
  then?: readonly ModelRole[];
  messages: ChatMessage[];
  /** With it the answer is JSON, validated, and in `value`. */
  schema?: AnswerSchema<T>;
  maxTokens?: number;
  temperature?: number;
  /** Shown with the last user message. */
  images?: ChatImage[];
}

export interface Usage {
  promptTokens: number;
  completionTokens: number;
}

/** `length`: the answer was cut at the token limit. */
export type Finish = 'stop' | 'length';

export interface ChatResult<T = unknown> {
  /** Without thinking aloud (`<think>…</think>`). */
  text: string;
  /** Present if and only if the request had a schema. */
  value?: T;
  provider: string;
  model: string;
  /** Of the accepted attempt only; every attempt is in the ledger. */
  usage: Usage;
  finish: Finish;
}

export interface EmbedResult {
  /** One vector per text, in order, all of one length. Vectors of different models do not compare. */
  vectors: number[][];
  provider: string;
  model: string;
  dimensions: number;
  usage: Usage;
}

/** For whom and where in a run a model is asked; becomes the ledger row. */
export interface CallContext {
  tenantId: string;
  /** The workflow execution's run id. */
  runId: string;
  workflowId: string;
  step: string;
  purpose: string;
  correlationId: string;
  /** The process whose run asks, or `conversation`: some budgets are for one. */
  process?: string;
  /** What decided about roles and prompt, and the prompt, both as `name@version`. */
  policy?: string;
  prompt?: string;
  /** Only providers marked local: the text may not leave the house. */
  localOnly?: boolean;
}

/** A request as a provider sees it: one model, JSON Schema instead of zod. */
export interface ProviderRequest {
  messages: ChatMessage[];
  schema?: { name: string; json: Record<string, unknown> };
  maxTokens?: number;
  temperature?: number;
  images?: ChatImage[];
  correlationId?: string;
  /** How long to wait for a model to load before giving up on this attempt; default: load limit. */
  loadWaitMs?: number;
}

export interface ProviderAnswer {
  text: string;
  usage: Usage;
  finish: Finish;
}

export interface ProviderVectors {
  vectors: number[][];
  usage: Usage;
}

/**
 * One provider. It never retries. It rejects with `LlmError`, except when the caller's signal is
 * aborted: then with that signal's reason.
 */
export interface LlmProvider {
  readonly name: string;
  readonly local: boolean;
  chat(request: ProviderRequest, model: ModelEntry, signal: AbortSignal): Promise<ProviderAnswer>;
  embed(
    texts: string[],
    model: ModelEntry,
    signal: AbortSignal,
    correlationId?: string,
  ): Promise<ProviderVectors>;
  /** Loads a model before it is needed, where that means anything. */
  warmUp?(model: ModelEntry, signal: AbortSignal): Promise<void>;
  /** Asks whether the provider answers at all, where that costs nothing. */
  probe?(signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** How an attempt ended, as it stands in `llm_calls`. */
export type CallOutcome =
  | 'ok'
  | FailureClass
  | 'invalid'
  | 'timeout'
  | 'circuit_open'
  | 'over_budget'
  | 'cancelled';

/** One attempt: a row of `llm_calls`. Holds no text of the customer or the model. */
export interface CallRecord {
  tenantId: string;
  runId: string;
  workflowId: string;
  step: string;
  purpose: string;
  correlationId: string;
  policy?: string;
  prompt?: string;
  role: ModelRole;
  provider: string;
  model: string;
  /** From 1, counted over all providers and passes of one request. */
  attempt: number;
  promptTokens: number;
  completionTokens: number;
  /** Millionths of `currency`; 0 for local providers, null where the price of the model is not known. */
  costMicros: number | null;
  currency: string;
  durationMs: number;
  outcome: CallOutcome;
  error?: string;
  startedAt: Date;
}

export interface LlmLedger {
  record(row: CallRecord): Promise<void>;
}

export interface LlmClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after the time, rejects with the signal's reason when aborted. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The part of a pino logger that is used here. */
export interface LlmLog {
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

export interface ProviderHealth {
  provider: string;
  local: boolean;
  circuit: 'closed' | 'open' | 'half_open';
  /** False when the circuit is open or the provider does not answer. */
  reachable: boolean;
  /** Last failure, in words, until the next success. */
  reason?: string;
}
