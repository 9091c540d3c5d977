import type { LlmSettings, ModelEntry, ModelRole, ProviderSettings } from '../../config/llm.ts';
import { type Breaker, isPermit, type Permit } from './breaker.ts';
import type { CallContext, CallOutcome, CallRecord, LlmClock, LlmProvider, Usage } from './contract.ts';
import { withDeadline } from './deadline.ts';
import { LlmError } from './errors.ts';
import type { Limiter } from './limiter.ts';
import { costOf, priceOf } from './price.ts';
import type { RowKeeper } from './row-keeper.ts';

/** A provider with what guards it, and the model to ask there. */
export interface Target {
  /** `provider/model`, as in the price table. */
  key: string;
  /** For which it was found. */
  role: ModelRole;
  entry: ModelEntry;
  provider: LlmProvider;
  settings: ProviderSettings;
  breaker: Breaker;
  limiter: Limiter;
}

/** One request on its way through the chain. */
export interface Turn {
  context: CallContext;
  /** Aborted by the caller or when the turn's budget is spent. */
  signal: AbortSignal;
  /** The caller's own signal. */
  caller: AbortSignal;
  rows: RowKeeper;
  /** Attempts so far. */
  attempts: number;
}

export interface Attempted {
  usage: Usage;
  /** Why the answer cannot be used, for the ledger. */
  invalid?: string;
}

/** A longer pause that a provider asks for is obeyed by asking again, not by silence. */
const MAX_REST_MS = 60_000;

/**
 * Makes one call: circuit, free place, call, ledger row. Rejects with `LlmError`, or with the
 * signal's reason when the turn is over.
 */
export function createAttempt(settings: Pick<LlmSettings, 'prices' | 'currency'>, clock: LlmClock) {
  return async function attempt<T extends Attempted>(
    turn: Turn,
    target: Target,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    turn.attempts += 1;
    const number = turn.attempts;
    let startedAt = clock.now();
    let permit: Permit | undefined;
    let release: (() => void) | undefined;
    const record = (outcome: CallOutcome, usage: Usage, error?: string): void =>
      turn.rows.keep(row(turn, target, { number, startedAt, outcome, usage, error }));

    try {
      if (target.breaker.state() === 'open') permit = admit(target);
      release = await place(turn.signal, target);
      permit ??= admit(target);
      startedAt = clock.now();
      const result = await work(turn.signal);
      permit.succeeded();
      record(result.invalid === undefined ? 'ok' : 'invalid', result.usage, result.invalid);
      return result;
    } catch (error) {
      const nothing = { promptTokens: 0, completionTokens: 0 };
      if (turn.signal.aborted) {
        permit?.abandoned();
        if (turn.caller.aborted) record('cancelled', nothing, 'The caller gave up.');
        else record('timeout', nothing, 'The time for the turn was over.');
        throw turn.signal.reason;
      }
      const failure = asLlmError(target.provider.name, error);
      settle(target, permit, failure);
      record(outcomeOf(failure), nothing, failure.message);
      throw failure;
    } finally {
      release?.();
    }
  };

  function row(
    { context }: Turn,
    { key, role, entry, provider }: Target,
    call: { number: number; startedAt: number; outcome: CallOutcome; usage: Usage; error?: string },
  ): CallRecord {
    const { tenantId, runId, workflowId, step, purpose, correlationId, policy, prompt } = context;
    const { promptTokens, completionTokens } = call.usage;
    return {
      tenantId,
      runId,
      workflowId,
      step,
      purpose,
      correlationId,
      ...(policy !== undefined && { policy }),
      ...(prompt !== undefined && { prompt }),
      role,
      provider: provider.name,
      model: entry.model,
      attempt: call.number,
      promptTokens,
      completionTokens,
      costMicros: costOf(priceOf(settings.prices, key, provider), call.usage),
      currency: settings.currency,
      durationMs: Math.max(0, Math.round(clock.now() - call.startedAt)),
      outcome: call.outcome,
      ...(call.error !== undefined && { error: call.error }),
      startedAt: new Date(call.startedAt),
    };
  }
}

function admit({ breaker, provider }: Target): Permit {
  const admission = breaker.admit();
  if (isPermit(admission)) return admission;
  throw new LlmError({
    provider: provider.name,
    class: 'unavailable',
    kind: 'circuit_open',
    message: `${provider.name} failed repeatedly or asked for a pause; it is left alone for a while.`,
    retryAfterMs: admission.retryAfterMs,
  });
}

function place(signal: AbortSignal, { limiter, provider, settings }: Target): Promise<() => void> {
  const busy = (): LlmError =>
    new LlmError({
      provider: provider.name,
      class: 'rate_limited',
      kind: 'busy',
      message: `${provider.name} had no free place (${settings.concurrency}) within ${settings.timeoutMs} ms.`,
    });
  return withDeadline(signal, settings.timeoutMs, busy, (inner) => limiter.acquire(inner));
}

/** What a failure says about the provider's health. An answer, even a refusal, means it is alive. */
function settle({ breaker }: Target, permit: Permit | undefined, failure: LlmError): void {
  if (failure.kind === 'loading' || failure.kind === 'busy') permit?.abandoned();
  else if (failure.class === 'unavailable' || failure.class === 'unknown') permit?.failed();
  else permit?.succeeded();
  if (failure.class === 'rate_limited' && failure.retryAfterMs !== undefined) {
    breaker.rest(Math.min(failure.retryAfterMs, MAX_REST_MS));
  }
}

function asLlmError(provider: string, error: unknown): LlmError {
  if (error instanceof LlmError) return error;
  // A fault of this code rather than of the provider; its message might hold anything.
  const kind = error instanceof Error ? error.name : typeof error;
  const frame =
    error instanceof Error ? error.stack?.split('\n').find((line) => /^\s+at /.test(line)) : undefined;
  return new LlmError({
    provider,
    class: 'unknown',
    message: `${provider}: unexpected ${kind} in the client, ${frame?.trim() ?? 'place unknown'}.`,
  });
}

function outcomeOf({ kind, class: failureClass }: LlmError): CallOutcome {
  if (kind === 'timeout' || kind === 'invalid' || kind === 'circuit_open') return kind;
  return failureClass;
}
