import { and, eq, gt, max, sql } from 'drizzle-orm';
import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import { recordEvent } from '../../db/queries/events.ts';
import { automationEvents, channels } from '../../db/schema/index.ts';
import { CHANNEL_ALARMS, type Trouble } from '../../domain/alarm.ts';
import { ProviderError } from '../../domain/failure.ts';
import { redactSecrets } from '../../domain/redact.ts';
import type { WebhookPast } from '../../domain/webhook-health.ts';
import type { Account } from '../accounts.ts';
import { webhookPath } from '../intake/announce.ts';
import type { Alarms } from './alarms.ts';
import { judge } from './judge.ts';

export interface ChannelWatchOptions {
  db: Database;
  accounts: readonly Account[];
  alarms: Alarms;
  log: Logger;
  publicUrl: string | undefined;
  pendingLimit: number;
  pollingSilentMs: number;
  onPending?: (account: Account, count: number) => void;
  now?: () => number;
}

const REPAIRED = 'webhook.repaired';
/** Repairs within this time belong together: somebody takes the webhook away again and again. */
const MEMORY_MS = 10 * 60_000;
const CALL_MS = 15_000;
/** Looks that may fail before that is said: the network hiccups. */
const PATIENT_LOOKS = 2;

/** Looks after the bot accounts: webhooks are ours, accepted and read, or set again; polls are answered. */
export function createChannelWatch(options: ChannelWatchOptions) {
  const { db, alarms, log, now = Date.now } = options;
  const began = now();
  const pending = new Map<string, number[]>();
  const failures = new Map<string, number>();

  /** Undefined when nothing can be told this time. */
  async function look(account: Account, signal: AbortSignal): Promise<Trouble[] | undefined> {
    const { tenantId, settings, channelId } = account;
    try {
      const troubles =
        settings.mode === 'webhook' ? await lookAtWebhook(account, signal) : await lookAtPolling(account);
      failures.delete(channelId);
      return troubles;
    } catch (error) {
      if (!(error instanceof ProviderError)) throw error;
      const failed = (failures.get(channelId) ?? 0) + 1;
      failures.set(channelId, failed);
      if (failed < PATIENT_LOOKS && error.class !== 'misconfigured') return undefined;
      const words = { channel: settings.name, error: redactSecrets(error.message) };
      return [{ tenantId, kind: 'channel_unreachable', subject: settings.name, severity: 'critical', words }];
    }
  }

  async function lookAtWebhook(account: Account, signal: AbortSignal): Promise<Trouble[]> {
    const { tenantId, channelId, channel, settings } = account;
    const { name, webhookSecret } = settings;
    const info = await channel.webhookInfo(AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]));
    const before = pending.get(channelId) ?? [];
    pending.set(channelId, [...before, info.pending_update_count].slice(-3));
    options.onPending?.(account, info.pending_update_count);
    const past = await repairs(tenantId, name);
    const { repair, troubles } = judge(info, name, options, { ...past, pendingBefore: before, now: now() });
    if (repair && options.publicUrl !== undefined && webhookSecret !== undefined) {
      await channel.ensureWebhook(
        { url: `${options.publicUrl}${webhookPath(name)}`, secret: webhookSecret, secretChanged: true },
        AbortSignal.any([signal, AbortSignal.timeout(CALL_MS)]),
      );
      await recordEvent(db, {
        tenantId,
        eventType: REPAIRED,
        subject: name,
        data: { why: repair, pending: info.pending_update_count },
        correlationId: `webhook/${name}`,
      });
      log.warn({ channel: name, why: repair }, 'The webhook was set again.');
    }
    return troubles.map((trouble) => ({ tenantId, ...trouble }));
  }

  async function repairs(tenantId: string, channel: string): Promise<WebhookPast> {
    const [row] = await db
      .select({ count: sql<number>`count(*)::int`, last: max(automationEvents.createdAt) })
      .from(automationEvents)
      .where(
        and(
          eq(automationEvents.tenantId, tenantId),
          eq(automationEvents.eventType, REPAIRED),
          eq(automationEvents.subject, channel),
          gt(automationEvents.createdAt, new Date(now() - MEMORY_MS)),
        ),
      );
    return { repairs: row?.count ?? 0, lastRepairAt: row?.last?.getTime() };
  }

  async function lookAtPolling({ tenantId, channelId, settings }: Account): Promise<Trouble[]> {
    const [row] = await db
      .select({ polledAt: channels.polledAt })
      .from(channels)
      .where(eq(channels.id, channelId));
    const silentMs = now() - Math.max(began, row?.polledAt?.getTime() ?? 0);
    if (silentMs < options.pollingSilentMs) return [];
    const words = { channel: settings.name, minutes: Math.max(1, Math.round(silentMs / 60_000)) };
    return [{ tenantId, kind: 'polling_silent', subject: settings.name, severity: 'critical', words }];
  }

  return {
    /** Looks at every account once. One that cannot be looked at does not keep the others from being. */
    async run(signal: AbortSignal): Promise<void> {
      const found = await Promise.all(options.accounts.map((account) => look(account, signal)));
      if (signal.aborted) return;
      const seen = new Set(
        options.accounts.flatMap(({ settings }, i) => (found[i] === undefined ? [] : [settings.name])),
      );
      await alarms.settle(
        CHANNEL_ALARMS,
        found.flatMap((troubles) => troubles ?? []),
        ({ subject }) => seen.has(subject),
      );
    },
  };
}
