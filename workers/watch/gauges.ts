import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { Database } from '../../db/client.ts';
import { conversationsByStatus, queueSizes } from '../../db/queries/absence.ts';
import { openAlarms, undeliveredNotices } from '../../db/queries/alarms.ts';
import type { Metrics } from '../metrics.ts';

export interface GaugesOptions {
  db: Database;
  client: Client;
  taskQueue: string;
  metrics: Metrics;
}

const { TASK_QUEUE_TYPE_ACTIVITY, TASK_QUEUE_TYPE_WORKFLOW } = proto.temporal.api.enums.v1.TaskQueueType;

/** What is true of the installation rather than of one process: counted by the process that watches, by it alone. */
export function createGauges({ db, client, taskQueue, metrics }: GaugesOptions) {
  async function backlog(taskQueueType: number): Promise<number> {
    const { stats } = await client.workflowService.describeTaskQueue({
      namespace: client.options.namespace,
      taskQueue: { name: taskQueue },
      taskQueueType,
      reportStats: true,
    });
    return Number(stats?.approximateBacklogCount ?? 0);
  }

  return {
    async run(): Promise<void> {
      const open = await openAlarms(db);
      for (const severity of ['warning', 'critical'] as const) {
        metrics.alarmsOpen.set({ severity }, open.filter((alarm) => alarm.severity === severity).length);
      }
      metrics.noticesUndelivered.set(await undeliveredNotices(db));
      for (const [queue, size] of Object.entries(await queueSizes(db)))
        metrics.queueSize.set({ queue }, size);
      metrics.conversations.reset();
      for (const { count, ...labels } of await conversationsByStatus(db)) {
        metrics.conversations.set(labels, count);
      }
      // Last: the engine may be away, and the database's figures are worth having then.
      metrics.queueSize.set({ queue: 'workflow_tasks' }, await backlog(TASK_QUEUE_TYPE_WORKFLOW));
      metrics.queueSize.set({ queue: 'activity_tasks' }, await backlog(TASK_QUEUE_TYPE_ACTIVITY));
    },
    /** Another process counts from now on. */
    forget(): void {
      for (const gauge of [
        metrics.alarmsOpen,
        metrics.noticesUndelivered,
        metrics.queueSize,
        metrics.conversations,
        metrics.webhookPending,
      ])
        gauge.reset();
    },
  };
}
