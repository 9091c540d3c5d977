import {
  ApplicationFailure,
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  patched,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { z } from 'zod';
import { conversationWorkflowId } from '../../domain/ids.ts';
import type { RunResult } from '../../domain/run.ts';
import type { ProcessDefinition, ProcessWorkflow } from './definition.ts';
import { type TurnReport, turnReportSignal, watchSignal } from './messages.ts';
import { Run } from './run.ts';
import type { RunStart, ScheduledStart } from './start.ts';
import { Turn } from './turn.ts';

const registry: ProcessDefinition[] = [];

/**
 * Defines a process: one readable function and what the rest of the product must know about it.
 * The returned workflow inherits idempotent start, honest states in its history, amendment of the
 * turn, waits, and the report of its end to the conversation.
 */
export function defineProcess<Input extends z.ZodType, Output>(
  definition: ProcessDefinition<Input>,
  body: (run: Run, input: z.output<Input>) => Promise<Output>,
): ProcessWorkflow<Input, Output> {
  registry.push(definition as unknown as ProcessDefinition);
  const workflow = async (given: RunStart | ScheduledStart): Promise<RunResult<Output>> => {
    const start = identified(given);
    // The conversation sees a child's result by itself, unless the run has outlived its turn there.
    let watched = false;
    setHandler(watchSignal, () => {
      watched = true;
    });
    // One after the other, and all before the end: what is under way when a workflow closes may be lost.
    let told: Promise<void> = Promise.resolve();
    const report = (news: Omit<TurnReport, 'workflowId'>) => {
      watched = true;
      told = told.then(() => tellConversation(start, news));
      return told;
    };
    const turn = new Turn(start.messages, (consumed) => {
      void report({ consumed, ended: false, failed: false });
    });
    const run = new Run(start, turn, (unread) => {
      void report({ consumed: turn.consumed, ended: false, failed: false, unread });
    });
    run.status.started();
    let failed = true;
    let cancelled = false;
    try {
      const output = await body(run, parseInput(definition, start.input));
      const result: RunResult<Output> = {
        outcome: run.losses.length > 0 ? 'degraded' : 'succeeded',
        losses: run.losses,
        output,
        consumed: turn.consumed,
      };
      await beginFollowers(run, definition.name, result);
      failed = false;
      run.status.ended(result.outcome);
      return result;
    } catch (error) {
      cancelled = isCancellation(error);
      failed = !cancelled;
      run.status.ended(cancelled ? 'cancelled' : 'failed');
      throw error;
    } finally {
      if (watched) {
        await CancellationScope.nonCancellable(async () => {
          void report({
            consumed: turn.consumed,
            ended: true,
            failed,
            ...(cancelled ? { cancelled: true } : {}),
          });
          // A reply that comes meanwhile is given back, which is news as well.
          for (let last: unknown; last !== told; ) {
            last = told;
            await told;
          }
        });
      }
    }
  };
  return Object.assign(workflow, { definition });
}

/** Every process defined in the modules that were loaded, by name. */
export const definedProcesses = (): readonly ProcessDefinition[] => registry;

/** A run that the clock began is the first to know of itself: its own id correlates what it does. */
const identified = (start: RunStart | ScheduledStart): RunStart =>
  'correlationId' in start ? start : { ...start, correlationId: workflowInfo().workflowId };

function parseInput<Input extends z.ZodType>(
  definition: ProcessDefinition<Input>,
  input: unknown,
): z.output<Input> {
  const parsed = definition.input.safeParse(input);
  if (parsed.success) return parsed.data;
  throw ApplicationFailure.nonRetryable(
    `The input of ${definition.name} is not what the process takes: ${z.prettifyError(parsed.error)}`,
    'Process.BadInput',
  );
}

async function tellConversation(start: RunStart, news: Omit<TurnReport, 'workflowId'>): Promise<void> {
  if (start.conversationId === undefined) return;
  const conversation = getExternalWorkflowHandle(conversationWorkflowId(start.conversationId));
  try {
    await conversation.signal(turnReportSignal, { ...news, workflowId: workflowInfo().workflowId });
  } catch {
    // The conversation has ended: it holds nothing that this report could change.
  }
}

/**
 * Starts the processes whose trigger is the end of this one. Each is a patch: a follower may be defined
 * while runs of the process that it follows are under way, and histories without it go on replaying.
 */
async function beginFollowers(run: Run, ended: string, result: RunResult): Promise<void> {
  for (const { name, triggers } of registry) {
    for (const trigger of triggers) {
      if (trigger.on !== 'end' || trigger.of !== ended || !patched(`followed by ${name}`)) continue;
      await run.begin(name, `${name}/after/${run.workflowId}`, trigger.input(result));
    }
  }
}
