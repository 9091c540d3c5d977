import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ProvidedContext } from 'vitest';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../db/migrate.ts';
import { findOrBuildTemporal } from '../../scripts/temporal/binary.mjs';
import { startInfrastructure } from '../../workers/embedded/stack.ts';
import { bundleWorkflows } from '../../workers/worker.ts';
import { adminSql, databaseUrl } from './database.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    temporalAddress: string;
    temporalBinary: string;
    /** PostgreSQL's superuser, connected to the database that nothing is kept in. */
    postgresAdminUrl: string;
    /** A migrated, empty database that new ones are copied from. */
    templateDatabase: string;
    /** File with the workflow bundle that all products of the run share. */
    workflowBundle: string;
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const TEMPLATE = 'dirigent_template';

interface Shared {
  provided: Pick<
    ProvidedContext,
    'temporalAddress' | 'temporalBinary' | 'postgresAdminUrl' | 'templateDatabase' | 'workflowBundle'
  >;
  teardown(): Promise<void>;
}

/** Each project loads this module anew; the process is what they share. */
const run = globalThis as typeof globalThis & { dirigentTests?: { shared: Promise<Shared>; users: number } };

/**
 * One Temporal server in memory, one PostgreSQL and one workflow bundle for all test files of the run,
 * whatever project they are in. They end with the run, however it ends, and leave nothing behind.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  run.dirigentTests ??= { shared: startShared(), users: 0 };
  const tests = run.dirigentTests;
  tests.users++;
  const { provided, teardown } = await tests.shared;
  for (const [name, value] of Object.entries(provided)) project.provide(name as keyof typeof provided, value);
  return async () => {
    if (--tests.users > 0) return;
    delete run.dirigentTests;
    await teardown();
  };
}

async function startShared(): Promise<Shared> {
  const log = (line: string) => console.error(line);
  const temporalBinary = await findOrBuildTemporal({ log });
  const dataDir = mkdtempSync(join(tmpdir(), 'dirigent-test-'));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  chmodSync(dataDir, 0o711);
  // Servers that are killed in the same moment may still be writing.
  const remove = () => rmSync(dataDir, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });

  const stack = await startInfrastructure({ dataDir, temporalBinary, log, throwaway: true }).catch(
    (error) => {
      remove();
      throw error;
    },
  );
  // Registered after the servers' own handlers, so that it runs after they are killed.
  process.on('exit', remove);
  // A Ctrl-C, which may come twice, would otherwise end this process without its exit handlers.
  const leave = () => process.exit(130);
  for (const signal of SIGNALS) process.on(signal, leave);
  const teardown = async () => {
    await stack.stop();
    process.off('exit', remove);
    for (const signal of SIGNALS) process.off(signal, leave);
    remove();
  };
  try {
    const postgresAdminUrl = databaseUrl(stack.databaseUrl, 'postgres');
    const sql = adminSql(postgresAdminUrl);
    try {
      await sql`create database ${sql(TEMPLATE)}`;
    } finally {
      await sql.end({ timeout: 5 });
    }
    await migrate(databaseUrl(postgresAdminUrl, TEMPLATE));
    const workflowBundle = join(dataDir, 'workflow-bundle.js');
    writeFileSync(workflowBundle, (await bundleWorkflows()).code);
    const { temporalAddress } = stack;
    const provided = {
      temporalAddress,
      temporalBinary,
      postgresAdminUrl,
      templateDatabase: TEMPLATE,
      workflowBundle,
    };
    return { provided, teardown };
  } catch (error) {
    await teardown();
    throw error;
  }
}
