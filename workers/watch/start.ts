import type { Client } from '@temporalio/client';
import { createSendActivities } from '../../activities/send/activities.ts';
import { createGovernor, TELEGRAM_LIMITS } from '../../activities/send/governor.ts';
import type { Logger } from '../../config/logger.ts';
import { defaultTenant, type Settings } from '../../config/settings.ts';
import type { Database, SqlClient } from '../../db/client.ts';
import { createChatLocks } from '../../db/locks.ts';
import type { Account, Accounts } from '../accounts.ts';
import { createQuestionDesk } from '../desk.ts';
import type { Metrics } from '../metrics.ts';
import type { Projection } from '../projector/compose.ts';
import { createAbsenceWatch } from './absence.ts';
import { createAlarms } from './alarms.ts';
import { createBudgetWatch } from './budgets.ts';
import { createDoubtWatch } from './doubts.ts';
import { createDriftWatch } from './drift.ts';
import { createGauges } from './gauges.ts';
import { startLeader } from './leader.ts';
import { createNotices, NOTICE_MS } from './notices.ts';
import { startSettlingDoubts } from './settle-doubts.ts';
import { createStuckWatch } from './stuck.ts';
import { createStuckFinder } from './stuck-find.ts';
import { createTeller } from './tell.ts';
import { createChannelWatch } from './webhooks.ts';

export interface WatchOptions {
  settings: Settings;
  db: Database;
  /** Sessions for locks: to be the one that watches and that settles, each with one for a chat. */
  locks: SqlClient;
  client: Client;
  accounts: Accounts;
  metrics: Metrics;
  projection: Projection;
  log: Logger;
}

/** Connections that the watch and the settling of doubts hold locks with. */
export const WATCH_LOCKS = 4;

/** Looks after the installation, in one process of all that have this role. */
export function startWatch(options: WatchOptions): { stop(): Promise<void> } {
  const { settings, db, client, accounts, metrics, projection, log } = options;
  const { taskQueue } = settings.temporal;
  const own = settings.alarms;
  const teller = tellingAccount(settings, accounts);
  const alarms = createAlarms({
    db,
    notify: own.telegramChatId !== undefined && teller !== undefined,
    log,
  });
  const governor = createGovernor(db, TELEGRAM_LIMITS);
  const channels = createChannelWatch({
    db,
    accounts: accounts.all,
    alarms,
    log,
    publicUrl: settings.publicUrl,
    pendingLimit: own.pendingUpdates,
    pollingSilentMs: own.pollingSilentMs,
    onPending: ({ tenant, settings: { name } }, count) =>
      metrics.webhookPending.set({ tenant: tenant.slug, channel: name }, count),
  });
  const absence = createAbsenceWatch({ db, alarms, ...own });
  const budgets = createBudgetWatch({ db, alarms, budgets: settings.budgets });
  const { say } = createSendActivities({
    db,
    locks: createChatLocks(options.locks, 1),
    governor,
    channel: (channelId) => accounts.byChannelId(channelId).channel,
    desk: createQuestionDesk(client, { taskQueue, timing: settings.timing }),
  });
  const stuck = createStuckWatch({
    db,
    finder: createStuckFinder(client, taskQueue),
    alarms,
    log,
    project: projection.project,
    tell: createTeller({ db, say }),
  });
  const drift = createDriftWatch({ ...projection, db, alarms, sample: own.driftSample });
  const gauges = createGauges({ db, client, taskQueue, metrics });
  const notices =
    own.telegramChatId === undefined || teller === undefined
      ? undefined
      : createNotices({
          db,
          account: teller,
          chatId: own.telegramChatId,
          governor,
          locale: (tenantId) => accounts.tenant(tenantId).defaultLocale,
          log,
        });
  const doubts = createDoubtWatch({
    db,
    alarms,
    onCount: (waits_for, count) => metrics.sendsUnknown.set({ waits_for }, count),
  });
  const settling = startSettlingDoubts({ ...options, governor, teller });
  const watching = startLeader({
    locks: options.locks,
    log,
    onLost() {
      gauges.forget();
      metrics.sendsUnknown.reset();
    },
    tasks: [
      { name: 'channels', everyMs: own.webhookCheckMs, run: channels.run },
      { name: 'stuck runs', everyMs: own.checkMs, run: stuck.run },
      { name: 'absence', everyMs: own.checkMs, run: absence.run },
      { name: 'budgets', everyMs: own.checkMs, run: budgets.run },
      { name: 'doubts', everyMs: own.checkMs, run: doubts.run },
      { name: 'drift', everyMs: own.driftCheckMs, run: drift.run },
      { name: 'figures', everyMs: own.checkMs, run: gauges.run },
      ...(notices ? [{ name: 'notices', everyMs: Math.min(NOTICE_MS, own.checkMs), run: notices.run }] : []),
    ],
  });
  return {
    async stop() {
      await Promise.all([watching.stop(), settling.stop()]);
    },
  };
}

/** The bot that tells of alarms. */
function tellingAccount(settings: Settings, accounts: Accounts): Account | undefined {
  const { channel } = settings.alarms;
  if (channel !== undefined) return accounts.byName(channel);
  const tenant = defaultTenant(settings) ?? settings.tenants[0];
  return accounts.all.find((account) => account.tenant.slug === tenant?.slug) ?? accounts.all[0];
}
