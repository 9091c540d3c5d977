import type { WorkflowBundleOption } from '@temporalio/worker';
import { createLlm, type Llm } from '../activities/llm/llm.ts';
import { createApp } from '../api/app.ts';
import type { Logger } from '../config/logger.ts';
import type { Settings } from '../config/settings.ts';
import type { BuildInfo } from '../config/version.ts';
import { connectDatabase } from '../db/client.ts';
import type { ProcessDefinition } from '../workflows/kit/definition.ts';
import { PROCESSES } from '../workflows/registry.ts';
import { openAccounts } from './accounts.ts';
import { composeApi } from './api.ts';
import { startBans } from './bans.ts';
import { createBudgets } from './budgets.ts';
import { countSent } from './count-sent.ts';
import { prepareEngine } from './engine.ts';
import { listen } from './http.ts';
import { startCallbacks } from './intake/callbacks.ts';
import { startHooks } from './intake/hooks.ts';
import { startIntake } from './intake/start.ts';
import { startIntakeState } from './intake/state.ts';
import { countedLedger, createLedger } from './ledger.ts';
import { keepRatesSmall } from './limits.ts';
import { createMetrics } from './metrics.ts';
import { createOperationsApp } from './operations.ts';
import { checkProcesses } from './policies.ts';
import { createProjection } from './projector/compose.ts';
import { createHintSink, notifyHints, type PublishHints } from './projector/hints.ts';
import { createSeal } from './projector/seal.ts';
import { readinessChecks } from './readiness.ts';
import { createRuntime } from './runtime.ts';
import { keepSchedules } from './schedules/keeper.ts';
import { planSchedules } from './schedules/plan.ts';
import { migrateWhenReachable } from './schema.ts';
import { createStarter } from './starter.ts';
import { createStops } from './stops.ts';
import { connectClient } from './temporal.ts';
import { startWatch, WATCH_LOCKS } from './watch/start.ts';

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
  /** Serves health, readiness and metrics on the port also where the API is no role of this process. */
  probes?: boolean;
  /** Gives up starting. */
  signal?: AbortSignal;
}

export interface RunningApp {
  /** Where the API listens; undefined without that role. */
  url: string | undefined;
  /** Rejects when a part of it failed for good; resolves after `stop`. */
  ended: Promise<void>;
  /** Intake first, then workers, then connections. Safe to call twice. */
  stop(): Promise<void>;
}

/** Connections of each role. A process with all roles has a pool for each, so that none starves another. */
const CONNECTIONS = { api: 10, worker: 10, projector: 5 } satisfies Record<Role, number>;
/** For storing what platforms deliver. */
const INTAKE_CONNECTIONS = 6;
/** Chats that one process sends to at the same time; each holds a database connection. */
const MAX_LOCKS = 16;
const WARM_UP_MS = 5 * 60_000;

/**
 * Composes the product from settings: clients, activities, workers, intake, API. Reads no environment.
 * Waits for the database; the engine may come later.
 */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { settings, log, build, roles, processes = PROCESSES } = options;
  checkProcesses(settings, processes);
  const metrics = createMetrics();
  const stops = createStops();
  const has = (role: Role) => roles.includes(role);
  try {
    let starting: string | undefined = 'the database has not been reached yet';
    const starts = { name: 'start', notReady: () => starting };
    const probes = { log, build, metrics: metrics.registry };
    const http =
      has('api') || options.probes
        ? await listen(
            settings.port,
            createOperationsApp({ ...probes, readiness: readinessChecks({ parts: [starts] }) }).fetch,
          )
        : undefined;
    if (http) stops.add(() => http.close());

    await migrateWhenReachable(settings.databaseUrl, log, options.signal);
    starting = 'it is still being put together';

    const pool = (name: string, max: number) => {
      const opened = connectDatabase({ url: settings.databaseUrl, name, max });
      stops.add(opened.close);
      return opened;
    };
    const pools = Object.fromEntries(roles.map((role) => [role, pool(role, CONNECTIONS[role])])) as Partial<
      Record<Role, ReturnType<typeof pool>>
    >;
    const [first] = Object.values(pools);
    if (!first) throw new Error('A process needs a role.');
    const accounts = await openAccounts(first.db, settings, (account) => countSent(account, metrics));
    stops.add(accounts.close);
    const client = await connectClient(settings);
    stops.add(() => client.connection.close());
    const engine = prepareEngine(client, settings.temporal.namespace, log);
    stops.add(engine.stop);

    let publish: PublishHints | undefined;
    if (pools.projector) {
      const projection = createProjection({
        client,
        db: pools.projector.db,
        taskQueues: [settings.temporal.taskQueue],
        sealing: createSeal(settings.encryption.keys),
        // Also where a worker is in this process: there may be others without a projector.
        listenWith: pools.projector.client,
        onLag: (ms) => metrics.projectionLagSeconds.observe(ms / 1000),
        onError: (error, about) => {
          metrics.projectionErrors.inc();
          log.warn({ err: error, ...about }, 'A history could not be projected; it is tried again.');
        },
      });
      await projection.start();
      stops.add(projection.stop);
      const watch = startWatch({
        settings,
        db: pools.projector.db,
        locks: pool('watch', WATCH_LOCKS).client,
        client,
        accounts,
        metrics,
        projection,
        log,
      });
      stops.add(watch.stop);
      publish = projection.hint;
    }

    let runtime: ReturnType<typeof createRuntime> | undefined;
    let llm: Llm | undefined;
    if (pools.worker) {
      const { db, client: sql } = pools.worker;
      const budgets = createBudgets(db, settings.budgets, accounts.tenant);
      llm = createLlm({
        settings: settings.llm,
        ledger: countedLedger(createLedger(db), metrics),
        budgets,
        log,
      });
      stops.add(llm.close);
      publish ??= notifyHints(sql, (error) =>
        log.warn({ err: error }, 'A hint was lost; the sweep makes up for it.'),
      );
      runtime = createRuntime({
        settings,
        engine,
        log,
        bundle: options.bundle,
        sinks: createHintSink(publish),
        parts: {
          settings,
          db,
          locks: pool('locks', MAX_LOCKS).client,
          maxLocks: MAX_LOCKS,
          client,
          accounts,
          llm,
          processes,
          log,
          onDeleted: (kind, rows) => metrics.retained.inc({ kind }, rows),
        },
      });
      stops.add(runtime.stop);
      const { taskQueue } = settings.temporal;
      const planned = planSchedules({ settings, processes, tenantId: accounts.tenantId });
      stops.add(keepSchedules({ client, engine, taskQueue, planned, log }).stop);
      void llm.warmUp(AbortSignal.timeout(WARM_UP_MS));
    }

    const state =
      pools.api &&
      startIntakeState({
        db: pools.api.db,
        budgetBytes: settings.limits.backlogMb * 1024 ** 2,
        metrics,
        log,
      });
    if (state) stops.add(state.stop);
    const readiness = readinessChecks({
      db: first.db,
      client,
      parts: [engine, ...(runtime ? [runtime] : []), ...(state ? [state.part] : [])],
    });
    if (pools.api && state) {
      const { db } = pools.api;
      stops.add(
        keepRatesSmall(db, (error) => log.warn({ err: error }, 'Old counts of limits are still kept.')).stop,
      );
      const intake = startIntake({
        settings,
        // Storing what comes in waits for nothing else of this process.
        store: pool('intake', INTAKE_CONNECTIONS).db,
        guard: state.guard,
        db,
        locks: pool('polling', accounts.all.length + 1).client,
        client,
        accounts,
        processes,
        metrics,
        log,
      });
      stops.add(intake.stop);
      const callbacks = startCallbacks({ db, client, guard: state.guard, log });
      stops.add(callbacks.stop);
      const starter = createStarter({ client, settings, accounts });
      const bans = startBans({ db, starter, log });
      stops.add(bans.stop);
      const hooks = startHooks({
        db,
        guard: state.guard,
        starter,
        processes,
        tenants: settings.tenants,
        tenantId: accounts.tenantId,
        log,
      });
      stops.add(hooks.stop);
      const api = {
        ...options,
        processes,
        db,
        client,
        accounts,
        intake,
        callbacks,
        hooks,
        bans,
        readiness,
        metrics,
      };
      http?.use(createApp(composeApi(api)).fetch);
      // Only now can Telegram's first delivery be answered.
      intake.announce();
    } else {
      http?.use(createOperationsApp({ ...probes, readiness }).fetch);
    }
    // Requests end before what answers them.
    if (http) stops.add(() => http.close());
    const url = http && pools.api ? `http://127.0.0.1:${http.port}` : undefined;
    return { url, ended: Promise.race([stops.begun, runtime?.failed ?? stops.begun]), stop: stops.run };
  } catch (error) {
    await stops.run();
    throw error;
  }
}
