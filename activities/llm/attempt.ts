import type { LlmSettings, ModelEntry, ModelRole, ProviderSettings } from '../../config/llm.ts';
import { type Breaker, isPermit, type Permit } from './breaker.ts';
import { type CallSize, type Held, hold, type LlmBudgets } from './budget.ts';
import type { CallContext, CallOutcome, CallRecord, LlmClock, LlmProvider, Usage } from './contract.ts';
import { withDeadline } from './deadline.ts';
import { LlmError, mayBeBilled } from './errors.ts';
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

/** Added to the time of a call: to write down what it has cost. */
const RESERVED_LONGER_MS = 30_000;

/** A longer pause that a provider asks for is obeyed by asking again, not by silence. */
const MAX_REST_MS = 60_000;

/**
 * Makes one call: circuit, free place, budgets, call, ledger row. Rejects with `LlmError`, or with the
 * signal's reason when the turn is over. What a hosted provider can cost is set aside before it is asked.
 */
export function createAttempt(
  settings: Pick<LlmSettings, 'prices' | 'currency'>,
  clock: LlmClock,
  budgets?: LlmBudgets,
) {
  return async function attempt<T extends Attempted>(
    turn: Turn,
    target: Target,
    size: CallSize,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    turn.attempts += 1;
    const number = turn.attempts;
    let startedAt = clock.now();
    let permit: Permit | undefined;
    let release: (() => void) | undefined;
    let held: Held | undefined;
    const settled = (writing: Promise<void> | undefined): void => {
      if (writing !== undefined) turn.rows.also(turn.context, writing);
    };
    const record = (outcome: CallOutcome, usage: Usage, error?: string): void =>
      turn.rows.keep(row(turn, target, { number, startedAt, outcome, usage, error }));

    try {
      if (target.breaker.state() === 'open') permit = admit(target);
      release = await place(turn.signal, target);
      permit ??= admit(target);
      startedAt = clock.now();
      if (budgets?.limits(turn.context) && !target.provider.local) {
        held = await hold(budgets, billOf(turn, target), size, turn.signal);
      }
      const result = await work(turn.signal);
      permit.succeeded();
      settled(held?.used(result.usage));
      record(result.invalid === undefined ? 'ok' : 'invalid', result.usage, result.invalid);
      return result;
    } catch (error) {
      const nothing = { promptTokens: 0, completionTokens: 0 };
      if (turn.signal.aborted) {
        permit?.abandoned();
        settled(held?.lost(true));
        if (turn.caller.aborted) record('cancelled', nothing, 'The caller gave up.');
        else record('timeout', nothing, 'The time for the turn was over.');
        throw turn.signal.reason;
      }
      const failure = asLlmError(target.provider.name, error);
      settle(target, permit, failure);
      settled(held?.lost(mayBeBilled(failure)));
      record(outcomeOf(failure), nothing, failure.message);
      throw failure;
    } finally {
      release?.();
    }
  };

  /** Whose budgets a call is counted in, at which price, and for how long at most. */
  function billOf({ context }: Turn, { key, provider, settings: { timeoutMs } }: Target) {
    const price = priceOf(settings.prices, key, provider);
    return { provider: provider.name, key, context, price, ttlMs: timeoutMs + RESERVED_LONGER_MS };
  }

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

/** Failures that say nothing about the provider's health. */
const UNASKED = new Set(['loading', 'busy', 'over_budget']);

/** What a failure says about the provider's health. An answer, even a refusal, means it is alive. */
function settle({ breaker }: Target, permit: Permit | undefined, failure: LlmError): void {
  if (UNASKED.has(failure.kind)) permit?.abandoned();
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
  if (kind === 'timeout' || kind === 'invalid' || kind === 'circuit_open' || kind === 'over_budget')
    return kind;
  return failureClass;
}
