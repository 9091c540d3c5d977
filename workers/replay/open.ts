import type { Client } from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { isNotFound } from '../projector/read.ts';
import {
  type Divergence,
  KEEP_BOTH_WAYS,
  type RecordedEvent,
  whatDiffers,
  whereItDiverges,
} from './divergence.ts';
import { type Replayable, replay } from './replay.ts';

export interface OpenWorkflow extends Replayable {
  workflowType: string;
}

export interface OpenOptions {
  client: Client;
  taskQueue: string;
  /** Ends the look; what was replayed until then counts. */
  signal: AbortSignal;
  /** At most so many of one workflow type, the newest first. */
  perType?: number;
}

/** Listed at most: an installation under development has dozens. */
const MOST_LISTED = 2_000;
const PER_TYPE = 50;
const MOST_SHOWN = 10;

/** Histories of the workflows of a queue that have not ended. */
export async function* openWorkflows(options: OpenOptions): AsyncGenerator<OpenWorkflow> {
  const { client, taskQueue, signal, perType = PER_TYPE } = options;
  const query = `ExecutionStatus = 'Running' AND TaskQueue = '${taskQueue.replaceAll("'", "''")}'`;
  const counted = new Map<string, number>();
  let listed = 0;
  for await (const { workflowId, runId, type } of client.workflow.list({ query })) {
    if (signal.aborted || ++listed > MOST_LISTED) return;
    const count = (counted.get(type) ?? 0) + 1;
    if (count > perType) continue;
    counted.set(type, count);
    try {
      const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
      yield { workflowId, workflowType: type, history };
    } catch (error) {
      // Visibility is behind: it has ended and is gone.
      if (!isNotFound(error)) throw error;
    }
  }
}

export interface Rehearsal {
  replayed: number;
  broken: Divergence[];
}

/** Which of these would get stuck if workers ran this bundle. */
export async function rehearse(
  bundle: WorkflowBundleOption,
  workflows: AsyncIterable<OpenWorkflow> | Iterable<OpenWorkflow>,
  dataConverter?: DataConverter,
): Promise<Rehearsal> {
  const rehearsal: Rehearsal = { replayed: 0, broken: [] };
  for await (const { replayed, error } of replay(bundle, workflows, dataConverter)) {
    rehearsal.replayed++;
    if (!error) continue;
    const { events } = JSON.parse(historyToJSON(replayed.history)) as { events: RecordedEvent[] };
    const { workflowType, workflowId } = replayed;
    rehearsal.broken.push({ workflowType, name: workflowId, events, error });
  }
  return rehearsal;
}

/** What a developer needs to know of it: nothing much, or who would get stuck, where, and what to do. */
export function describeRehearsal({ replayed, broken }: Rehearsal): string[] {
  const workflows = (count: number) => `${count} open workflow${count === 1 ? '' : 's'}`;
  if (replayed === 0) return ['Nothing to replay: no workflow is open.'];
  if (broken.length === 0) return [`Replayed: ${workflows(replayed)}, all lead through this code.`];
  const shown = broken.slice(0, MOST_SHOWN);
  return [
    `This code would break ${broken.length} of ${workflows(replayed)}:`,
    ...shown.flatMap((divergence) => [`  ${whereItDiverges(divergence)}`, `    ${whatDiffers(divergence)}`]),
    ...(broken.length > shown.length ? [`  and ${broken.length - shown.length} more`] : []),
    `  ${KEEP_BOTH_WAYS}`,
  ];
}
