import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import type { Connections } from '../../config/load.ts';
import { createDataConverter } from '../encryption/converter.ts';

/** The engine, and what its payloads are read by. */
export type Engine = Pick<Connections, 'temporal' | 'encryption'>;

const CONNECT_MS = 5_000;
const AT_ONCE = 20;

/**
 * Ends every open execution of this installation: for an engine that was itself put back from an older copy, and
 * would do again what it has done. Returns how many. Visibility lags, so it is looked again until there are none.
 */
export async function endEverything({ temporal, encryption }: Engine): Promise<number> {
  const connection = await Connection.connect({ address: temporal.address, connectTimeout: CONNECT_MS });
  try {
    const client = new Client({
      connection,
      namespace: temporal.namespace,
      dataConverter: createDataConverter(encryption.keys),
    });
    const query = `TaskQueue = '${temporal.taskQueue.replaceAll("'", "''")}' AND ExecutionStatus = 'Running'`;
    const ended = new Set<string>();
    for (let found = true; found; ) {
      found = false;
      let portion: Promise<void>[] = [];
      for await (const { workflowId, runId } of client.workflow.list({ query })) {
        if (ended.has(runId)) continue;
        found = true;
        ended.add(runId);
        portion.push(end(client, workflowId, runId));
        if (portion.length < AT_ONCE) continue;
        await Promise.all(portion);
        portion = [];
      }
      await Promise.all(portion);
    }
    return ended.size;
  } finally {
    await connection.close();
  }
}

async function end(client: Client, workflowId: string, runId: string): Promise<void> {
  try {
    await client.workflow.getHandle(workflowId, runId).terminate('the database was put back from a backup');
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  }
}
