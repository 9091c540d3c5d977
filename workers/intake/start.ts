import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { v7 } from 'uuid';
import type { Logger } from '../../config/logger.ts';
import type { Settings } from '../../config/settings.ts';
import type { Database, SqlClient } from '../../db/client.ts';
import { markPolled } from '../../db/queries/channels.ts';
import type { ProcessDefinition } from '../../workflows/kit/definition.ts';
import type { Account, Accounts } from '../accounts.ts';
import { TIME_ZONE } from '../activities.ts';
import { intentsByRule } from '../intents.ts';
import type { Metrics } from '../metrics.ts';
import { announce } from './announce.ts';
import { createDispatcher } from './dispatcher.ts';
import { createIntake } from './intake.ts';
import { startPolling } from './polling.ts';
import type { IntakeState } from './state.ts';
import { createStore } from './store.ts';

export interface IntakeOptions {
  settings: Settings;
  /** Connections for storing what comes in, and for nothing else. */
  store: Database;
  guard: IntakeState['guard'];
  db: Database;
  locks: SqlClient;
  client: Client;
  accounts: Accounts;
  processes: readonly ProcessDefinition[];
  metrics: Metrics;
  log: Logger;
}

/** A platform waits for its acknowledgement; a conversation waits this long for its turn while a flood is stored. */
const HOLD_MS = 1_000;
const ANNOUNCE_RETRY_MS = 2_000;
const ANNOUNCE_RETRY_MAX_MS = 60_000;

/** Everything between the platforms and the conversations: store, dispatch, poll, tell Telegram where we are. */
export function startIntake(options: IntakeOptions) {
  const { settings, db, accounts, log, metrics } = options;
  const store = createStore(options.store);
  const dispatcher = createDispatcher({
    db,
    calm: () => store.idle(HOLD_MS),
    client: options.client,
    log,
    taskQueue: settings.temporal.taskQueue,
    timing: settings.timing,
    timeZone: TIME_ZONE,
    intentOf: intentsByRule(settings, options.processes),
    onDispatched: (_, waitedMs) => metrics.dispatchSeconds.observe(waitedMs / 1000),
    limits: settings.limits.messages,
    onLimited: (limit, messages) => metrics.limited.inc({ limit }, messages),
    onLeftBehind: (conversations) => metrics.conversationsLeftBehind.set(conversations),
  });
  dispatcher.start();
  const intake = createIntake({
    store,
    guard: options.guard,
    dispatcher,
    log,
    count(outcome, { tenant, settings: own }) {
      const labels = { tenant: tenant.slug, channel: own.name };
      metrics.updates.inc({ ...labels, outcome });
      if (outcome === 'message') metrics.messages.inc({ ...labels, direction: 'inbound' });
    },
  });
  const abort = new AbortController();
  const pollers: { stop(): Promise<void> }[] = [];

  /** Tells Telegram until it listens; polling begins after that, because a webhook forbids it. */
  async function introduce(account: Account): Promise<void> {
    for (let pauseMs = ANNOUNCE_RETRY_MS; !abort.signal.aborted; pauseMs *= 2) {
      try {
        await announce({
          account,
          db,
          log,
          processes: options.processes,
          publicUrl: settings.publicUrl,
          signal: abort.signal,
        });
        break;
      } catch (error) {
        if (abort.signal.aborted) return;
        log.error(
          { channel: account.settings.name, err: error },
          'Telegram could not be told about this bot.',
        );
        await sleep(Math.min(pauseMs, ANNOUNCE_RETRY_MAX_MS), undefined, { signal: abort.signal }).catch(
          () => undefined,
        );
      }
    }
    if (abort.signal.aborted || account.settings.mode !== 'polling') return;
    pollers.push(
      startPolling({
        account,
        locks: options.locks,
        log,
        accept: (update) => intake.accept(account, update, v7()),
        onAnswer: () => markPolled(db, account.channelId),
      }),
    );
  }

  let introducing: Promise<unknown> = Promise.resolve();
  return {
    ...intake,
    /** To be called once deliveries can be answered. */
    announce(): void {
      introducing = Promise.all(accounts.all.map(introduce));
    },
    async stop(): Promise<void> {
      abort.abort();
      await introducing;
      await Promise.all(pollers.map((p) => p.stop()));
      await dispatcher.stop();
    },
  };
}

export type RunningIntake = ReturnType<typeof startIntake>;
