import type { Client } from '@temporalio/client';
import { sql } from 'drizzle-orm';
import type { ReadinessCheck } from '../api/deps.ts';
import type { Executor } from '../db/client.ts';

/** Something of this process that knows by itself whether it can work. */
export interface Part {
  name: string;
  /** Why not, or undefined. */
  notReady(): string | undefined;
  /** What is worth knowing although it works. */
  note?(): string | undefined;
}

export interface ReadinessParts {
  db?: Executor;
  client?: Client;
  parts: readonly Part[];
}

/** What has to hold before this process is of use. */
export function readinessChecks({ db, client, parts }: ReadinessParts): ReadinessCheck[] {
  const checks: ReadinessCheck[] = parts.map(({ name, notReady, note }) => ({
    name,
    check: async () => {
      const reason = notReady();
      if (reason !== undefined) throw new Error(reason);
      return note?.();
    },
  }));
  if (db) {
    checks.push({
      name: 'postgres',
      check: async () => {
        await db.execute(sql`select 1`);
        return undefined;
      },
    });
  }
  if (client) {
    checks.push({
      name: 'temporal',
      check: async (signal) => {
        await client.withAbortSignal(signal, () => client.workflowService.getSystemInfo({}));
        return undefined;
      },
    });
  }
  return checks;
}
