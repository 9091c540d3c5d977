import type { Executor } from '../../db/client.ts';
import { type Budget, pauseBudget, takeBudget } from '../../db/queries/budgets.ts';

/** Longest pause spent inside an activity; a longer one gives the slot back and comes again. */
const PATIENCE_MS = 1_500;

export interface SendTarget {
  tenantId: string;
  channelId: string;
  chatId: string;
}

export interface SendLimits {
  /** Messages per second of one bot account over all its chats. */
  botPerSecond: number;
  /** Messages per second of one private chat; short bursts pass. */
  chatPerSecond: number;
  chatBurst: number;
  /** Messages per minute of one group, all its topics together. */
  groupPerMinute: number;
}

/** Field figures, not promises of the platform: what it answers (429) counts more. */
export const TELEGRAM_LIMITS: SendLimits = {
  botPerSecond: 28,
  chatPerSecond: 1,
  chatBurst: 5,
  groupPerMinute: 18,
};

/** Keeps a bot and each of its chats within their budgets, shared by all workers through the database. */
export interface Governor {
  /** How long to wait before the next message, in milliseconds. Above `patienceMs` nothing was taken. */
  take(target: SendTarget): Promise<number>;
  /** The platform asked for silence in this chat. */
  pause(target: SendTarget, ms: number): Promise<void>;
  readonly patienceMs: number;
}

export function createGovernor(db: Executor, limits: SendLimits): Governor {
  const bot = (t: SendTarget): Budget => ({
    scope: `bot:${t.channelId}`,
    intervalMs: 1000 / limits.botPerSecond,
    burstMs: 1000,
  });
  const chat = (t: SendTarget): Budget => {
    // Telegram's group ids are negative, and all topics of a group share one budget.
    const intervalMs = t.chatId.startsWith('-')
      ? 60_000 / limits.groupPerMinute
      : 1000 / limits.chatPerSecond;
    return {
      scope: `chat:${t.channelId}:${t.chatId}`,
      intervalMs,
      burstMs: intervalMs * limits.chatBurst,
    };
  };
  return {
    patienceMs: PATIENCE_MS,
    take: (target) => takeBudget(db, target.tenantId, [bot(target), chat(target)], PATIENCE_MS),
    pause: (target, ms) => pauseBudget(db, target.tenantId, chat(target), ms),
  };
}
