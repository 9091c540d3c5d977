import type { SendRequest } from '../send/contract.ts';

/** How often "typing…" is renewed: the client shows it for about five seconds. */
const TYPING_MS = 4_500;

export interface PresenceDependencies {
  typing(conversationId: string, signal: AbortSignal): Promise<void>;
  /** Says something through the send ledger. */
  say(request: SendRequest, signal: AbortSignal): Promise<unknown>;
  /** Takes back what has not left yet. */
  withdraw(tenantId: string, key: string): Promise<void>;
  log: { warn(data: object, message: string): void };
}

/**
 * Shows "typing…" while `work` runs, and after `patienceMs` says once, honestly, that it takes longer.
 * Neither can fail the work; a notice that has not left when the work is done is withdrawn.
 */
export async function withPresence<T>(
  deps: PresenceDependencies,
  notice: { tenantId: string; request: SendRequest; patienceMs: number },
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T> {
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const { conversationId, key } = notice.request;
  const tried = (what: string) => (error: unknown) => {
    if (!until.aborted) deps.log.warn({ conversationId, err: error }, `${what} could not be shown.`);
  };
  const type = () => void deps.typing(conversationId, until).catch(tried('Typing'));
  let saying: Promise<unknown> = Promise.resolve();
  let said = false;
  const timer = setInterval(type, TYPING_MS);
  const patience = setTimeout(() => {
    said = true;
    saying = deps.say(notice.request, signal).catch(tried('The notice'));
  }, notice.patienceMs);
  type();
  try {
    return await work();
  } finally {
    over.abort();
    clearInterval(timer);
    clearTimeout(patience);
    // The notice goes out before the answer or not at all.
    await saying;
    if (said) await deps.withdraw(notice.tenantId, key).catch(tried('Withdrawing the notice'));
  }
}
