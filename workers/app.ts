import { serve } from '@hono/node-server';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { createLlm, type Llm } from '../activities/llm/llm.ts';
import { createApp } from '../api/app.ts';
import type { Logger } from '../config/logger.ts';
import type { Settings } from '../config/settings.ts';
import type { BuildInfo } from '../config/version.ts';
import { connectDatabase } from '../db/client.ts';
import { migrate } from '../db/migrate.ts';
import type { ProcessDefinition } from '../workflows/kit/definition.ts';
import { PROCESSES } from '../workflows/registry.ts';
import { openAccounts } from './accounts.ts';
import { composeApi } from './api.ts';
import { startIntake } from './intake/start.ts';
import { createLedger } from './ledger.ts';
import { createMetrics } from './metrics.ts';
import { createProjection } from './projector/compose.ts';
import { createHintSink, notifyHints } from './projector/hints.ts';
import { createRuntime } from './runtime.ts';
import { connectClient } from './temporal.ts';

export const ROLES = ['api', 'worker', 'projector'] as const;
export type Role = (typeof ROLES)[number];

export interface AppOptions {
  settings: Settings;
  build: BuildInfo;
  log: Logger;
  roles: readonly Role[];
  /** Built before, where several apps share it. */
  bundle?: WorkflowBundleOption;
  /** What may be started, and what a message can mean. The registry's, unless the bundle holds others. */
  processes?: readonly ProcessDefinition[];
}

export interface RunningApp {
  /** Where the API listens; undefined without that role. */
  url: string | undefined;
  /** Rejects when a part of it failed for good; resolves after `stop`. */
  ended: Promise<void>;
  /** Intake first, then workers, then connections. */
  stop(): Promise<void>;
}

/** Composes the product from settings: clients, activities, workers, intake, API. Reads no environment. */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { settings, log, roles, processes = PROCESSES } = options;
  const metrics = createMetrics();
  const stops: Array<() => Promise<unknown>> = [];
  const closing = (stop: () => Promise<unknown>) => stops.unshift(stop);
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= inOrder(stops);
    return stopped;
  };
  try {
    await migrate(settings.databaseUrl);
    const pool = (name: string, max: number) => {
      const opened = connectDatabase({ url: settings.databaseUrl, name, max });
      closing(opened.close);
      return opened;
    };
    const main = pool(roles.join('-'), 10);
    const accounts = await openAccounts(main.db, settings);
    closing(accounts.close);
    const client = await connectClient(settings.temporal);
    closing(() => client.connection.close());

    const failures: Promise<never>[] = [];
    let runtime: ReturnType<typeof createRuntime> | undefined;
    let llm: Llm | undefined;
    let publish = notifyHints(main.client, (error) =>
      log.warn({ err: error }, 'A hint was lost; the sweep makes up for it.'),
    );
    if (roles.includes('projector')) {
      const projection = createProjection({
        client,
        db: main.db,
        taskQueues: [settings.temporal.taskQueue],
        ...(roles.includes('worker') ? {} : { listenWith: main.client }),
        onLag: (ms) => metrics.projectionLagSeconds.observe(ms / 1000),
        onError: (error, about) => {
          metrics.projectionErrors.inc();
          log.warn({ err: error, ...about }, 'A history could not be projected; it is tried again.');
        },
      });
      await projection.start();
      closing(projection.stop);
      if (roles.includes('worker')) publish = projection.hint;
    }
    if (roles.includes('worker')) {
      const locks = pool('locks', MAX_LOCKS);
      llm = createLlm({ settings: settings.llm, ledger: createLedger(main.db), log });
      closing(llm.close);
      runtime = createRuntime({
        settings,
        client,
        log,
        bundle: options.bundle,
        sinks: createHintSink(publish),
        parts: {
          settings,
          db: main.db,
          locks: locks.client,
          maxLocks: MAX_LOCKS,
          client,
          accounts,
          llm,
          processes,
          log,
        },
      });
      closing(runtime.stop);
      failures.push(runtime.failed);
      void llm.warmUp(AbortSignal.timeout(WARM_UP_MS));
    }

    let url: string | undefined;
    if (roles.includes('api')) {
      const locks = pool('polling', accounts.all.length + 1);
      const intake = startIntake({
        settings,
        db: main.db,
        locks: locks.client,
        client,
        accounts,
        processes,
        metrics,
        log,
      });
      closing(intake.stop);
      const app = createApp(
        composeApi({ ...options, processes, db: main.db, client, accounts, intake, runtime, llm, metrics }),
      );
      const listening = await listen(app.fetch, settings.port);
      closing(listening.close);
      url = `http://127.0.0.1:${listening.port}`;
      // Only now can Telegram's first delivery be answered.
      intake.announce(url);
    }
    metrics.up.setToCurrentTime();
    const ended =
      failures.length > 0 ? Promise.race([Promise.race(failures), untilStopped()]) : untilStopped();
    return { url, ended, stop };

    function untilStopped(): Promise<void> {
      return new Promise((resolve) => closing(async () => resolve()));
    }
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Chats that one process sends to at the same time; each holds a database connection. */
const MAX_LOCKS = 16;
const WARM_UP_MS = 5 * 60_000;

async function inOrder(stops: Array<() => Promise<unknown>>): Promise<void> {
  const failures: unknown[] = [];
  for (const stop of stops) {
    try {
      await stop();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be closed in order.');
}

function listen(fetch: Parameters<typeof serve>[0]['fetch'], port: number) {
  return new Promise<{ port: number; close(): Promise<void> }>((resolve, reject) => {
    const server = serve({ fetch, port }, (address) => {
      resolve({
        port: address.port,
        close: () =>
          new Promise<void>((done) => {
            server.close(() => done());
            if ('closeIdleConnections' in server) server.closeIdleConnections();
          }),
      });
    });
    server.once('error', reject);
  });
}
