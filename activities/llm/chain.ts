import type { ModelRole } from '../../config/llm.ts';
import { ProviderError } from '../../domain/failure.ts';
import type { Target, Turn } from './attempt.ts';
import type { CallContext, LlmClock } from './contract.ts';
import { createDeadline } from './deadline.ts';
import { isHopeful, LlmError, mostHopeful } from './errors.ts';
import type { RowKeeper } from './row-keeper.ts';

export interface ChainOptions {
  maxPasses: number;
  turnBudgetMs: number;
  clock: LlmClock;
}

export interface ChainRequest {
  role: ModelRole;
  context: CallContext;
  targets: Target[];
  rows: RowKeeper;
  signal: AbortSignal;
}

const FIRST_PAUSE_MS = 500;
/** Timers may fire a moment early, and a provider asked too early asks for a pause again. */
const PAUSE_MARGIN_MS = 10;

/**
 * Asks the targets in order and returns the first answer. A target that fails is left at once for
 * the next; those that may recover are asked again, at most `maxPasses` times within the turn's
 * budget. Rejects with the caller's reason when cancelled, else with a `ProviderError` that names
 * every target's last failure.
 */
export async function runChain<T>(
  { maxPasses, turnBudgetMs, clock }: ChainOptions,
  { role, context, targets, rows, signal: caller }: ChainRequest,
  ask: (turn: Turn, target: Target, isLast: boolean) => Promise<T>,
): Promise<T> {
  caller.throwIfAborted();
  if (targets.length === 0) throw noTarget(role, context);
  const endsAt = clock.now() + turnBudgetMs;
  const deadline = createDeadline(caller, turnBudgetMs, () => new Error('The time for the turn is over.'));
  const { signal } = deadline;
  const turn: Turn = { context, signal, caller, rows, attempts: 0 };
  const failures = new Map<Target, LlmError>();

  try {
    let round = targets;
    for (let pass = 1; ; pass += 1) {
      for (const target of round) {
        try {
          return await ask(turn, target, target === round.at(-1));
        } catch (error) {
          if (signal.aborted) return stop(target);
          if (!(error instanceof LlmError)) throw error;
          failures.set(target, error);
        }
      }
      round = round.filter((target) => isHopeful(failureOf(target)));
      const pause = pauseBefore(pass, round.map(failureOf));
      if (pause === undefined || pass >= maxPasses || clock.now() + pause >= endsAt)
        throw allDown(role, failures);
      try {
        await clock.sleep(pause, signal);
      } catch (error) {
        if (signal.aborted) return stop();
        throw error;
      }
    }
  } finally {
    deadline.dispose();
    await rows.settled();
  }

  function failureOf(target: Target): LlmError {
    const failure = failures.get(target);
    if (failure === undefined) throw new Error(`${target.key} was passed over.`);
    return failure;
  }

  function stop(asked?: Target): never {
    caller.throwIfAborted();
    if (asked !== undefined) failures.set(asked, unanswered(asked));
    throw allDown(role, failures, turnBudgetMs);
  }
}

const unanswered = ({ provider }: Target): LlmError =>
  new LlmError({
    provider: provider.name,
    class: 'unavailable',
    kind: 'timeout',
    message: `${provider.name} had not answered when the time was over.`,
  });

/**
 * How long to wait before asking again; nothing when it is of no use. Open circuits alone are no
 * reason to wait: they were opened to fail fast.
 */
function pauseBefore(pass: number, failures: LlmError[]): number | undefined {
  const waits = failures
    .filter(({ kind }) => kind !== 'circuit_open')
    .map(({ retryAfterMs }) => retryAfterMs ?? FIRST_PAUSE_MS * 2 ** (pass - 1));
  return waits.length === 0 ? undefined : Math.min(...waits) + PAUSE_MARGIN_MS;
}

function allDown(role: ModelRole, failures: Map<Target, LlmError>, budgetMs?: number): ProviderError {
  const reasons = [...failures].map(([{ key }, { message }]) => `${key}: ${message}`);
  const within = budgetMs === undefined ? '' : ` within ${budgetMs} ms`;
  const classes = [...failures.values()].map((failure) => failure.class);
  const waits = [...failures.values()].flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
  return new ProviderError({
    provider: 'llm',
    // A budget spent on a silent provider is no verdict on the request.
    class: mostHopeful(budgetMs === undefined ? classes : [...classes, 'unavailable']),
    message: `No model answered for the role ${role}${within}. ${reasons.join(' ')}`.trim(),
    ...(waits.length > 0 && { retryAfterMs: Math.min(...waits) }),
  });
}

const noTarget = (role: ModelRole, { localOnly }: CallContext): ProviderError =>
  new ProviderError({
    provider: 'llm',
    class: 'misconfigured',
    message: `No ${localOnly ? 'local ' : ''}provider is configured for the role ${role}.`,
  });
