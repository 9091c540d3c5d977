import type { Trouble } from './alarm.ts';

/** What Telegram tells about a webhook. Times in epoch milliseconds. */
export interface WebhookFacts {
  /** Empty where none is set. */
  url: string;
  pending: number;
  /** Counts of earlier looks, oldest first. */
  pendingBefore: readonly number[];
  lastErrorAt?: number | undefined;
  lastError?: string | undefined;
}

export interface WebhookWish {
  channel: string;
  /** Path under which this installation takes the channel's updates. */
  path: string;
  /** Undefined where nobody said how the outside reaches this installation. */
  publicUrl: string | undefined;
  pendingLimit: number;
}

/** What was done about it within the last minutes. */
export interface WebhookPast {
  repairs: number;
  lastRepairAt?: number | undefined;
}

export interface WebhookVerdict {
  /** Why it has to be set again, if so. */
  repair?: 'deleted' | 'foreign' | 'secret';
  troubles: Omit<Trouble, 'tenantId'>[];
}

/** How many repairs in a row are tried quietly. */
const QUIET_REPAIRS = 2;
const RECENT_ERROR_MS = 5 * 60_000;
/** Our own endpoint's words for a secret that is not the channel's. */
const WRONG_SECRET = /\b40[13]\b/;

/**
 * What is wrong with a webhook, and whether setting it again helps. Telegram never tells the secret it holds: a wrong
 * one shows as deliveries that our own endpoint refuses. An error counts while updates wait, since Telegram
 * keeps the last one long after it delivered again.
 */
export function judgeWebhook(
  facts: WebhookFacts,
  wish: WebhookWish,
  past: WebhookPast,
  now: number,
): WebhookVerdict {
  const { channel, path, publicUrl } = wish;
  const stubborn = past.repairs >= QUIET_REPAIRS;
  const ours = publicUrl === undefined ? facts.url.endsWith(path) : facts.url === `${publicUrl}${path}`;
  if (!ours) {
    const host = hostOf(facts.url);
    const foreign = {
      kind: 'webhook_foreign',
      subject: channel,
      severity: 'critical',
      words: { channel, host },
    } as const;
    const missing = {
      kind: 'webhook_missing',
      subject: channel,
      severity: 'critical',
      words: { channel },
    } as const;
    if (publicUrl === undefined) return { troubles: [facts.url === '' ? missing : foreign] };
    return { repair: facts.url === '' ? 'deleted' : 'foreign', troubles: stubborn ? [foreign] : [] };
  }
  const troubles: WebhookVerdict['troubles'] = [];
  const { lastErrorAt = 0, lastError = '' } = facts;
  const failing =
    facts.pending > 0 && now - lastErrorAt < RECENT_ERROR_MS && lastErrorAt > (past.lastRepairAt ?? 0);
  const refused = failing && WRONG_SECRET.test(lastError);
  if (failing && (!refused || stubborn)) {
    troubles.push({
      kind: 'webhook_failing',
      subject: channel,
      severity: 'critical',
      words: { channel, error: lastError },
    });
  }
  if (facts.pending > wish.pendingLimit || grows([...facts.pendingBefore, facts.pending])) {
    troubles.push({
      kind: 'webhook_pending',
      subject: channel,
      severity: 'warning',
      words: { channel, pending: facts.pending },
    });
  }
  return { ...(refused ? { repair: 'secret' as const } : {}), troubles };
}

/** More at each of four looks. */
function grows(counts: readonly number[]): boolean {
  const last = counts.slice(-4);
  return last.length === 4 && last.every((count, i) => i === 0 || count > (last[i - 1] ?? 0));
}

/** Host only: paths of webhooks may hold tokens. */
function hostOf(url: string): string {
  return /^https?:\/\/(?:[^@/]*@)?([^/?#]+)/i.exec(url)?.[1] ?? '-';
}
