import { TelegramError } from './types.ts';

export interface SendLimits {
  /** Messages per second in one chat, sustained. */
  perChatPerSecond: number;
  /** Messages that a quiet chat takes at once. */
  perChatBurst: number;
  /** Messages per second of the whole bot. */
  perSecond: number;
}

interface Bucket {
  level: number;
  at: number;
}

/** Leaky buckets per bot and chat. Without limits everything passes. */
export class SendGovernor {
  limits: SendLimits | undefined;
  #buckets = new Map<string, Bucket>();

  constructor(limits: SendLimits | undefined) {
    this.limits = limits;
  }

  /** Counts one message; throws 429 with `retry_after` in whole seconds when there was no room for it. */
  take(botId: number, chatId: string): void {
    if (!this.limits) return;
    const { perChatPerSecond, perChatBurst, perSecond } = this.limits;
    const waits = [
      this.#wait(`${botId}`, perSecond, perSecond),
      this.#wait(`${botId}/${chatId}`, perChatPerSecond, perChatBurst),
    ];
    const wait = Math.max(...waits);
    if (wait > 0) {
      const retry_after = Math.max(1, Math.ceil(wait));
      throw new TelegramError(429, `Too Many Requests: retry after ${retry_after}`, { retry_after });
    }
    for (const key of [`${botId}`, `${botId}/${chatId}`]) {
      const bucket = this.#buckets.get(key);
      if (bucket) bucket.level++;
    }
  }

  /** Seconds until the bucket has room, after letting it drain up to now. */
  #wait(key: string, rate: number, size: number): number {
    const now = Date.now();
    const bucket = this.#buckets.get(key) ?? { level: 0, at: now };
    bucket.level = Math.max(0, bucket.level - ((now - bucket.at) / 1000) * rate);
    bucket.at = now;
    this.#buckets.set(key, bucket);
    return bucket.level + 1 <= size ? 0 : (bucket.level + 1 - size) / rate;
  }
}
