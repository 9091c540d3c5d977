import type { SendRequest } from '../send/contract.ts';

/** How often "typing…" is renewed: the client shows it for about five seconds. */
const TYPING_MS = 4_500;
/** What is done sooner needs no sign of life. */
const TYPING_AFTER_MS = 300;

export interface PresenceDependencies {
  typing(conversationId: string, signal: AbortSignal): Promise<void>;
  /** Says something through the send ledger, on behalf of a run. */
  say(request: SendRequest, workflowId: string, signal: AbortSignal): Promise<unknown>;
  /** Takes back what has not left yet. */
  withdraw(tenantId: string, key: string): Promise<void>;
  log: { warn(data: object, message: string): void };
}

/** What is said, once, when the work takes longer. */
export interface Notice {
  tenantId: string;
  workflowId: string;
  request: SendRequest;
  patienceMs: number;
}

/**
 * How long a customer is still patient whose message came at `arrivedAt`. Never less than half: what was
 * held up elsewhere and is now done at once needs no notice.
 */
export function patienceLeft(wholeMs: number, arrivedAt: Date | undefined, now: number): number {
  const waited = arrivedAt === undefined ? 0 : now - arrivedAt.getTime();
  return Math.round(Math.min(wholeMs, Math.max(wholeMs - waited, wholeMs / 2)));
}

/** Shows "typing…" while `work` runs, where there is a chat to show it in. Cannot fail the work. */
export async function withTyping<T>(
  deps: Pick<PresenceDependencies, 'typing' | 'log'>,
  conversationId: string | undefined,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  if (conversationId === undefined) return work();
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const type = () =>
    void deps.typing(conversationId, until).catch((error: unknown) => {
      if (!until.aborted) deps.log.warn({ conversationId, err: error }, 'Typing could not be shown.');
    });
  let again: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    type();
    again = setInterval(type, TYPING_MS);
  }, TYPING_AFTER_MS);
  try {
    return await work();
  } finally {
    over.abort();
    clearTimeout(first);
    clearInterval(again);
  }
}

/**
 * Shows "typing…" while `work` runs, and after `patienceMs` says once, honestly, that it takes longer.
 * Neither can fail the work; a notice that has not left when the work is done is withdrawn.
 */
export async function withPresence<T>(
  deps: PresenceDependencies,
  notice: Notice,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const { conversationId, key } = notice.request;
  const tried = (what: string) => (error: unknown) => {
    if (!signal.aborted) deps.log.warn({ conversationId, err: error }, `The notice could not be ${what}.`);
  };
  let saying: Promise<unknown> | undefined;
  const patience = setTimeout(() => {
    saying = deps.say(notice.request, notice.workflowId, signal).catch(tried('sent'));
  }, notice.patienceMs);
  try {
    return await withTyping(deps, conversationId, signal, work);
  } finally {
    clearTimeout(patience);
    if (saying) {
      // The notice goes out before the answer or not at all.
      await saying;
      await deps.withdraw(notice.tenantId, key).catch(tried('withdrawn'));
    }
  }
}
