import type { Client } from '@temporalio/client';
import { v7 } from 'uuid';
import type { Logger } from '../../config/logger.ts';
import type { Settings } from '../../config/settings.ts';
import type { Database, SqlClient } from '../../db/client.ts';
import type { ProcessDefinition } from '../../workflows/kit/definition.ts';
import type { Account, Accounts } from '../accounts.ts';
import type { Metrics } from '../metrics.ts';
import { announce } from './announce.ts';
import { createDispatcher } from './dispatcher.ts';
import { createIntake } from './intake.ts';
import { startPolling } from './polling.ts';

export interface IntakeOptions {
  settings: Settings;
  db: Database;
  locks: SqlClient;
  client: Client;
  accounts: Accounts;
  processes: readonly ProcessDefinition[];
  metrics: Metrics;
  log: Logger;
}

const ANNOUNCE_RETRY_MS = 5_000;

/** Everything between the platforms and the conversations: store, dispatch, poll, tell Telegram where we are. */
export function startIntake(options: IntakeOptions) {
  const { settings, db, accounts, log, metrics } = options;
  const { taskQueue } = settings.temporal;
  const dispatcher = createDispatcher({
    db,
    client: options.client,
    log,
    taskQueue,
    timing: settings.timing,
    onDispatched: (_, waitedMs) => metrics.dispatchSeconds.observe(waitedMs / 1000),
  });
  dispatcher.start();
  const accept = createIntake({
    db,
    dispatcher,
    log,
    count: (outcome, { tenant, settings: own }) =>
      metrics.messages.inc({ tenant: tenant.slug, channel: own.name, direction: 'inbound', outcome }),
  });
  const abort = new AbortController();
  const pollers: { stop(): Promise<void> }[] = [];

  /** Tells Telegram until it listens; polling begins after that, because a webhook forbids it. */
  async function introduce(account: Account, ownUrl: string): Promise<void> {
    const publicUrl = settings.publicUrl ?? ownUrl;
    while (!abort.signal.aborted) {
      try {
        await announce({ account, db, log, processes: options.processes, publicUrl });
        break;
      } catch (error) {
        log.error(
          { channel: account.settings.name, err: error },
          'Telegram could not be told about this bot.',
        );
        await new Promise((resolve) => setTimeout(resolve, ANNOUNCE_RETRY_MS).unref());
      }
    }
    if (abort.signal.aborted || account.settings.mode !== 'polling') return;
    pollers.push(
      startPolling({
        account,
        db,
        locks: options.locks,
        log,
        accept: (update) => accept(account, update, v7()),
      }),
    );
  }

  return {
    accept,
    /** `ownUrl` is where this process listens, for installations without a public address. */
    announce(ownUrl: string): void {
      for (const account of accounts.all) void introduce(account, ownUrl);
    },
    async stop(): Promise<void> {
      abort.abort();
      await Promise.all(pollers.map((p) => p.stop()));
      await dispatcher.stop();
    },
  };
}

export type RunningIntake = ReturnType<typeof startIntake>;
