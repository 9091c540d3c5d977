import type { Client } from '@temporalio/client';
import type { Governor } from '../../activities/send/governor.ts';
import { createLook } from '../../activities/send/look.ts';
import type { Logger } from '../../config/logger.ts';
import type { Settings } from '../../config/settings.ts';
import type { Database, SqlClient } from '../../db/client.ts';
import { createChatLocks } from '../../db/locks.ts';
import { foreignSigns } from '../../db/queries/foreign-signs.ts';
import type { Account, Accounts } from '../accounts.ts';
import type { Metrics } from '../metrics.ts';
import { createRedelivery } from '../redeliver.ts';
import { createDoubtSettler } from './doubts.ts';
import { startLeader } from './leader.ts';

export interface SettleDoubtsOptions {
  settings: Settings;
  db: Database;
  /** Sessions for locks: one to be the one that settles, one for the chat that is looked at. */
  locks: SqlClient;
  client: Client;
  accounts: Accounts;
  governor: Governor;
  /** The bot that tells of alarms, beside the ledger. */
  teller: Account | undefined;
  metrics: Metrics;
  log: Logger;
}

/** How often what is due is looked for at most. */
const EVERY_MS = 2_000;
/** For so long after the last sign of somebody else's an account counts as shared. */
const SHARED_FOR_MS = 24 * 3_600_000;

/** Settles sends in doubt, in one process of all; beside the watch, which platforms must not keep from looking. */
export function startSettlingDoubts(options: SettleDoubtsOptions): { stop(): Promise<void> } {
  const { settings, db, accounts, metrics, log, teller } = options;
  const timing = settings.sends;
  const { telegramChatId } = settings.alarms;

  /** Only where every send passes the ledger is an unclaimed number certainly a send of ours. */
  async function isShared({ channelId, chatId }: { channelId: string; chatId: string }): Promise<boolean> {
    const account = accounts.byChannelId(channelId);
    const { soleSender, token, name } = account.settings;
    if (!soleSender) return true;
    if (accounts.all.filter((other) => other.settings.token === token).length > 1) return true;
    if (teller?.settings.token === token && chatId === telegramChatId) return true;
    return foreignSigns(db, { tenantId: account.tenantId, channel: name }, SHARED_FOR_MS);
  }

  const settler = createDoubtSettler({
    db,
    timing,
    look: createLook({
      db,
      locks: createChatLocks(options.locks, 1),
      governor: options.governor,
      channel: (channelId) => accounts.byChannelId(channelId).channel,
      isShared,
    }),
    redeliver: createRedelivery({ client: options.client, taskQueue: settings.temporal.taskQueue }),
    log,
    onResolved: (by) => metrics.sendsResolved.inc({ by }),
  });
  return startLeader({
    name: 'sends in doubt',
    locks: options.locks,
    log,
    tasks: [{ name: 'sends in doubt', everyMs: Math.min(EVERY_MS, timing.lookAfterMs), run: settler.run }],
  });
}
