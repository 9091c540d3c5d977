import { Context } from '@temporalio/activity';
import { toActivityFailure } from '../failures.ts';
import type { CallContext } from './contract.ts';

/** Where in a run a model is asked, as the activity that asks knows it. */
export function callContext(
  { tenantId, correlationId }: { tenantId: string; correlationId: string },
  purpose: string,
): CallContext {
  const { info } = Context.current();
  const execution = info.workflowExecution;
  if (!execution) throw new Error('A model is asked for a workflow, and this activity has none.');
  return {
    tenantId,
    runId: execution.runId,
    workflowId: execution.workflowId,
    step: info.activityId,
    purpose,
    correlationId,
  };
}

/** The chain has tried everything within its budget: another attempt of the activity would only spend it again. */
export async function failing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toActivityFailure(error, { final: true });
  }
}
