import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import type { EncryptionKeys } from '../../config/encryption.ts';
import { connectDatabase } from '../../db/client.ts';
import { createReaders } from './compose.ts';
import { type RebuildOptions, rebuild } from './rebuild.ts';
import { createSeal, unsigned } from './seal.ts';
import { type Difference, verify } from './verify.ts';

const USAGE = `Usage: npm run projection -- <command> [options]
  rebuild              make the rows of all runs anew from their histories
  verify               compare the rows with the histories; exit code 1 if they differ
Options:
  --tenant <slug>      only runs of this tenant
  --since <time>       only runs started at or after this time (ISO 8601)
  --task-queue <name>  only runs of this task queue; may be repeated`;

export interface ProjectionSettings {
  databaseUrl: string;
  temporalAddress: string;
  temporalNamespace: string;
  /** What decodes payloads, if they are encoded. */
  dataConverter?: DataConverter;
  /** What signs digests. */
  keys?: EncryptionKeys;
}

interface Command {
  name: 'rebuild' | 'verify';
  tenant: string | undefined;
  since: Date | undefined;
  taskQueues: string[] | undefined;
}

/** The command in the arguments, or what is wrong with them. */
export function parseCommand(args: string[]): Command | string {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: {
        tenant: { type: 'string' },
        since: { type: 'string' },
        'task-queue': { type: 'string', multiple: true },
      },
    });
    const [name, ...others] = positionals;
    if ((name !== 'rebuild' && name !== 'verify') || others.length > 0) return USAGE;
    const since = values.since === undefined ? undefined : new Date(values.since);
    if (since !== undefined && Number.isNaN(since.getTime())) return `--since is not a time: ${values.since}`;
    return { name, tenant: values.tenant, since, taskQueues: values['task-queue'] };
  } catch (error) {
    return `${error instanceof Error ? error.message : String(error)}\n${USAGE}`;
  }
}

const MAX_SHOWN = 200;
const line = ({ workflowId, runId, where, stored, folded }: Difference) =>
  `${workflowId} ${runId} ${where}: stored ${stored ?? 'nothing'}, history says ${folded ?? 'nothing'}`;

async function execute(
  command: Command,
  options: RebuildOptions,
  print: (text: string) => void,
): Promise<number> {
  if (command.name === 'rebuild') {
    const { rebuilt, newer, kept } = await rebuild(options);
    print(`${rebuilt} rebuilt, ${newer} newer than the reading, ${kept} kept because their history is gone`);
    return 0;
  }
  const { same, drifted, gone, sealed, differences } = await verify(options);
  for (const difference of differences.slice(0, MAX_SHOWN)) print(line(difference));
  if (differences.length > MAX_SHOWN) print(`… and ${differences.length - MAX_SHOWN} more`);
  print(
    `${same} as their histories, ${drifted} different, ${gone} without a history, ${sealed} of them as their digests`,
  );
  return drifted === 0 ? 0 : 1;
}

/** Runs one command and resolves with the exit code: 0 done, 1 drift, 2 wrong usage. Rejects when a server fails. */
export async function projectionCommand(
  args: string[],
  settings: ProjectionSettings,
  print: (text: string) => void,
): Promise<number> {
  const command = parseCommand(args);
  if (typeof command === 'string') {
    print(command);
    return 2;
  }
  const connection = await Connection.connect({ address: settings.temporalAddress, connectTimeout: '5s' });
  const database = connectDatabase({ url: settings.databaseUrl, name: 'projection', max: 2 });
  try {
    const { dataConverter, temporalNamespace: namespace } = settings;
    const client = new Client({ connection, namespace, ...(dataConverter ? { dataConverter } : {}) });
    const { tenant, since, taskQueues } = command;
    const { db } = database;
    const sealing = settings.keys ? createSeal(settings.keys) : unsigned;
    const readers = createReaders({ client, db });
    return await execute(command, { ...readers, db, sealing, tenant, since, taskQueues }, print);
  } finally {
    await database.close();
    await connection.close();
  }
}
