import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

/**
 * One Temporal server in memory and one PostgreSQL for all test files of the run. Both end with the run,
 * however it ends, and leave nothing behind.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
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
    project.provide('temporalAddress', stack.temporalAddress);
    project.provide('temporalBinary', temporalBinary);
    project.provide('postgresAdminUrl', postgresAdminUrl);
    project.provide('templateDatabase', TEMPLATE);
    const codePath = join(dataDir, 'workflow-bundle.js');
    writeFileSync(codePath, (await bundleWorkflows()).code);
    project.provide('workflowBundle', codePath);
    return teardown;
  } catch (error) {
    await teardown();
    throw error;
  }
}
