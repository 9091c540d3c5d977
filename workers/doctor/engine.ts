import type { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { EncryptionKeys } from '../../config/encryption.ts';
import type { Settings } from '../../config/settings.ts';
import type { Database } from '../../db/client.ts';
import { newestRows, openRows } from '../../db/queries/projection-read.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/kit/start.ts';
import { keyIdOf } from '../encryption/codec.ts';
import { createReaders } from '../projector/compose.ts';
import { isNotFound } from '../projector/read.ts';
import { verify } from '../projector/verify.ts';
import { visitRows } from '../projector/walk.ts';
import { type Finding, ok } from './finding.ts';
import { judgeKeys, judgeProjection, judgeQueue, judgeSearchAttributes } from './verdicts.ts';

const { TASK_QUEUE_TYPE_ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;
const TYPES = { workflows: TASK_QUEUE_TYPE_WORKFLOW, activities: TASK_QUEUE_TYPE_ACTIVITY };
/** Runs whose rows are compared with their histories. */
const SAMPLE = 20;

export async function engine(client: Client): Promise<Finding[]> {
  const { serverVersion } = await client.workflowService.getSystemInfo({});
  return [ok('temporal', `server ${serverVersion}, namespace ${client.options.namespace}`)];
}

export async function searchAttributes(client: Client): Promise<Finding[]> {
  const { operatorService } = client.connection as Connection;
  const { namespace } = client.options;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  return [
    judgeSearchAttributes(
      SEARCH_ATTRIBUTES.map(({ name }) => name),
      Object.keys(customAttributes ?? {}),
    ),
  ];
}

export async function queues(client: Client, { temporal }: Settings): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const [what, taskQueueType] of Object.entries(TYPES)) {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: temporal.taskQueue },
      taskQueueType,
    });
    const seen = (pollers ?? []).map(({ identity, lastAccessTime }) => ({
      identity: identity ?? '',
      at: Number(lastAccessTime?.seconds ?? 0) * 1000,
    }));
    findings.push(judgeQueue(temporal.taskQueue, what, seen, Date.now()));
  }
  return findings;
}

export async function projection(client: Client, db: Database): Promise<Finding[]> {
  const readers = createReaders({ client, db });
  const rows = await newestRows(db, SAMPLE);
  const visits = visitRows(readers.readChain, rows);
  return [judgeProjection({ looked: rows.length, ...(await verify({ ...readers, db }, visits)) })];
}

/** Asks for the first event of some open runs, as the engine keeps it: what cannot be decrypted is seen, too. */
export async function keys(client: Client, db: Database, own: EncryptionKeys): Promise<Finding[]> {
  const rows = await openRows(db, null, SAMPLE);
  const needed = await Promise.all(
    rows.map(({ workflowId, currentRunId }) => keyOfFirst(client, workflowId, currentRunId)),
  );
  return [
    judgeKeys(
      own,
      needed.filter((id) => id !== undefined),
    ),
  ];
}

/** Undefined where it is not encrypted, or gone. */
async function keyOfFirst(client: Client, workflowId: string, runId: string): Promise<string | undefined> {
  try {
    const { history } = await client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    });
    const payloads = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
    return payloads.map(keyIdOf).find((id) => id !== undefined);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
