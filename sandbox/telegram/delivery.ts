import { isRecord } from '../http/params.ts';
import { unixNow } from './context.ts';
import type { BotState, PendingUpdate, TelegramState, Webhook } from './state.ts';

export interface DeliveryOptions {
  /** Multiplies the waits between attempts (2, 4, 8 … 60 s); small values make tests quick. */
  retryScale: number;
  /** A webhook that has not answered by then counts as failed. */
  timeoutMs: number;
  /** Carries out the method call that a webhook's 2xx body may hold. */
  onReply(bot: BotState, reply: Record<string, unknown>): void;
}

const LONGEST_WAIT_S = 60;

/**
 * Posts updates to webhooks. Updates of one chat wait for their predecessor, chats do not wait for
 * each other; a refused one is tried again at once, then after doubling waits or as Retry-After says.
 */
export class WebhookDelivery {
  readonly #state: TelegramState;
  readonly #options: DeliveryOptions;
  readonly #closing = new AbortController();
  readonly #busy = new Set<string>();
  readonly #loop: Promise<void>;

  constructor(state: TelegramState, options: DeliveryOptions) {
    this.#state = state;
    this.#options = options;
    this.#loop = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const wait = this.#state.paused ? 60_000 : this.#startDue();
      await this.#state.queued.wait(wait, this.#closing.signal);
    }
  }

  /** Starts what may go out now; returns the milliseconds until something else may. */
  #startDue(): number {
    let wait = 60_000;
    for (const bot of Object.values(this.#state.bots)) {
      const { webhook } = bot;
      if (!webhook) continue;
      const heads = new Map<string, PendingUpdate>();
      for (const pending of bot.pending) if (!heads.has(pending.queue)) heads.set(pending.queue, pending);
      for (const [queue, head] of heads) {
        const key = `${bot.id}/${queue}`;
        const due = head.notBefore - Date.now();
        if (due > 0) wait = Math.min(wait, due);
        else if (!this.#busy.has(key) && this.#inFlight(bot) < webhook.maxConnections) {
          this.#busy.add(key);
          void this.#attempt(bot, webhook, head).finally(() => {
            this.#busy.delete(key);
            this.#state.queued.ring();
          });
        }
      }
    }
    return wait;
  }

  #inFlight(bot: BotState): number {
    return [...this.#busy].filter((key) => key.startsWith(`${bot.id}/`)).length;
  }

  async #attempt(bot: BotState, webhook: Webhook, pending: PendingUpdate): Promise<void> {
    const outcome = await postUpdate(webhook, pending.update, this.#options.timeoutMs, this.#closing.signal);
    if (this.#closing.signal.aborted) return;
    if (outcome.accepted) {
      bot.pending = bot.pending.filter((one) => one !== pending);
      if (isRecord(outcome.reply) && typeof outcome.reply.method === 'string')
        this.#options.onReply(bot, outcome.reply);
    } else {
      pending.attempts++;
      const doubling = pending.attempts === 1 ? 0 : Math.min(LONGEST_WAIT_S, 2 ** (pending.attempts - 1));
      const seconds = outcome.retryAfter ?? doubling;
      pending.notBefore = Date.now() + seconds * 1000 * this.#options.retryScale;
      webhook.lastErrorDate = unixNow();
      webhook.lastErrorMessage = outcome.problem;
    }
    this.#state.changed();
  }
}

export type PostOutcome =
  | { accepted: true; status: number; reply?: unknown }
  | { accepted: false; status?: number; problem: string; retryAfter?: number };

/** Posts one update once. Never throws. */
export async function postUpdate(
  { url, secretToken }: Pick<Webhook, 'url' | 'secretToken'>,
  update: unknown,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<PostOutcome> {
  const timeout = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(secretToken !== undefined && { 'x-telegram-bot-api-secret-token': secretToken }),
      },
      body: JSON.stringify(update),
      redirect: 'manual',
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    });
    const text = await response.text();
    if (response.ok) return { accepted: true, status: response.status, reply: parse(text) };
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    return {
      accepted: false,
      status: response.status,
      problem: `Wrong response from the webhook: ${response.status} ${response.statusText}`.trim(),
      ...(retryAfter >= 0 && { retryAfter: Math.min(3600, retryAfter) }),
    };
  } catch {
    return {
      accepted: false,
      problem: timeout.aborted ? 'Read timeout expired' : 'Connection refused or lost',
    };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
