import type { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Settings } from '../../config/settings.ts';
import type { Database } from '../../db/client.ts';
import { newestRows } from '../../db/queries/projection-read.ts';
import { SEARCH_ATTRIBUTES } from '../../workflows/kit/start.ts';
import { createReaders } from '../projector/compose.ts';
import { verify } from '../projector/verify.ts';
import { visitRows } from '../projector/walk.ts';
import { type Finding, fail, ok } from './finding.ts';

const { TASK_QUEUE_TYPE_ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;
const TYPES = { workflows: TASK_QUEUE_TYPE_WORKFLOW, activities: TASK_QUEUE_TYPE_ACTIVITY };
/** A poller is remembered for minutes after it has gone. */
const LIVE_MS = 75_000;
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
  const missing = SEARCH_ATTRIBUTES.map(({ name }) => name).filter(
    (name) => !(name in (customAttributes ?? {})),
  );
  return missing.length === 0
    ? [ok('search attributes', 'all registered')]
    : [
        fail(
          'search attributes',
          `missing: ${missing.join(', ')}`,
          'Start any process of Dirigent: each registers what is missing.',
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
    const live = (pollers ?? []).filter(
      ({ lastAccessTime }) => Date.now() - Number(lastAccessTime?.seconds ?? 0) * 1000 < LIVE_MS,
    );
    const name = `queue ${temporal.taskQueue}`;
    const workers = new Set(live.map(({ identity }) => identity)).size;
    findings.push(
      workers > 0
        ? ok(name, `${what}: ${workers} ${workers === 1 ? 'worker' : 'workers'}`)
        : fail(name, `${what}: no worker`, 'Start a process with the role worker.'),
    );
  }
  return findings;
}

export async function projection(client: Client, db: Database): Promise<Finding[]> {
  const readers = createReaders({ client, db });
  const rows = await newestRows(db, SAMPLE);
  const visits = visitRows(readers.readChain, rows);
  const { same, drifted, gone, differences } = await verify({ ...readers, db }, visits);
  const what = `${same} of the ${rows.length} newest runs as their histories${gone > 0 ? `, ${gone} without one` : ''}`;
  const [first] = differences;
  return drifted === 0
    ? [ok('projection', what)]
    : [
        fail(
          'projection',
          `${drifted} of the ${rows.length} newest runs differ from their histories (${first?.workflowId} ${first?.where})`,
          'Is a process with the role projector up? Then npm run projection -- verify, and rebuild.',
        ),
      ];
}
