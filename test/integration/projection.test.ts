import { WorkflowFailedError } from '@temporalio/client';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, openStack, type Stack } from '../fixtures/projection/stack.ts';

const CUSTOMER = '0f0e0d0c-0b0a-4009-8807-060504030201';

describe('a run in the database', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await openStack({ name: 'projection' });
  });
  afterAll(() => stack.close());

  it('that completed shows input, output, details, owner and its one step', async () => {
    const handle = await stack.start('plain', { input: { word: 'hello\0' }, memo: { customerId: CUSTOMER } });
    const { run, steps } = await stack.ended(handle.firstExecutionRunId);

    expect(run).toMatchObject({
      tenant_id: stack.tenantId,
      workflow_id: handle.workflowId,
      process_id: 'plain',
      status: 'succeeded',
      waiting_on: null,
      customer_id: CUSTOMER,
      conversation_id: null,
      correlation_id: 'c-1',
      details: 'works on hello\u{FFFD}',
      input: { word: 'hello\u{FFFD}' },
      output: 'done hello\u{FFFD}',
      losses: [],
      cause: null,
      reset_of: null,
      chain_place: 0,
    });
    expect(steps).toMatchObject([
      {
        step_number: 1,
        kind: 'activity',
        name: 'work',
        summary: 'the only work',
        status: 'succeeded',
        attempts: 1,
      },
    ]);
  });

  it('is read at most twice when it is short', async () => {
    const atRest = () =>
      eventually('every hint to be done with', async () => {
        const { projector } = stack.projection.stats();
        return projector.pending === 0 ? projector : undefined;
      });
    const before = await atRest();
    const handle = await stack.start('plain', { input: { word: 'short' } });
    await stack.ended(handle.firstExecutionRunId);
    const after = await atRest();

    expect(after.writes - before.writes).toBe(1);
    expect(after.refused).toBe(before.refused);
    // A loaded machine may add readings that came too early; none of them is written.
    expect(after.reads - before.reads - (after.early - before.early)).toBe(1);
  });

  it('that degraded says what was missing, and which step failed why', async () => {
    const handle = await stack.start('degraded');
    const { run, steps } = await stack.ended(handle.firstExecutionRunId);

    expect(run).toMatchObject({
      status: 'degraded',
      losses: [{ missing: 'crm', instead: 'the push is owed' }],
      output: 'kept',
      cause: null,
    });
    expect(steps).toMatchObject([{ name: 'refuse', status: 'failed', cause: 'Refused: the CRM said no' }]);
  });

  it('that failed names the error of the program, not its wrapping', async () => {
    const handle = await stack.start('failing');
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    const { run } = await stack.endedBySweep(handle.firstExecutionRunId);

    expect(run).toMatchObject({ status: 'failed', cause: { type: 'Refused', message: 'the CRM said no' } });
  });

  it('that waits shows for whom, goes on, and keeps every wait as a step', async () => {
    const handle = await stack.start('waiting');
    const id = handle.firstExecutionRunId;
    const waiting = await stack.stored(id, ({ run }) => run.status === 'waiting_user');
    expect(waiting.run.waiting_on).toBe('customer');
    expect(waiting.steps.at(-1)).toMatchObject({
      kind: 'wait',
      name: 'customer',
      status: 'running',
      ended_at: null,
    });

    await handle.signal('go');
    const idle = await stack.stored(id, ({ run }) => run.waiting_on === 'provider');
    expect(idle.run.status).toBe('running');

    await handle.signal('go');
    const { run, steps } = await stack.ended(id);
    expect(run).toMatchObject({ status: 'succeeded', waiting_on: null });
    expect(steps.map(({ kind, name, status }) => `${kind} ${name} ${status}`)).toEqual([
      'activity work succeeded',
      'wait customer succeeded',
      'wait provider succeeded',
      'activity work succeeded',
    ]);
  });

  it('that was cancelled says by whom, and closes its wait', async () => {
    const handle = await stack.start('waiting');
    await stack.stored(handle.firstExecutionRunId, ({ run }) => run.status === 'waiting_user');
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    const { run, steps } = await stack.endedBySweep(handle.firstExecutionRunId);

    expect(run).toMatchObject({ status: 'cancelled', cause: { type: 'cancelled', by: expect.any(String) } });
    expect(steps.at(-1)).toMatchObject({ kind: 'wait', status: 'cancelled', cause: 'run was cancelled' });
  });

  it('that was terminated failed, with reason and by whom', async () => {
    const handle = await stack.start('waiting');
    await stack.stored(handle.firstExecutionRunId, ({ run }) => run.status === 'waiting_user');
    await handle.terminate('stuck');
    const { run } = await stack.endedBySweep(handle.firstExecutionRunId);

    expect(run).toMatchObject({
      status: 'failed',
      waiting_on: null,
      cause: { type: 'terminated', message: 'stuck', by: expect.any(String) },
    });
  });

  it('that ran out of time failed, cause timed out', async () => {
    const handle = await stack.start('waiting', { runTimeoutMs: 1_000 });
    await expect(handle.result()).rejects.toThrow(WorkflowFailedError);
    const { run } = await stack.endedBySweep(handle.firstExecutionRunId);

    expect(run).toMatchObject({ status: 'failed', cause: { type: 'timed out' } });
  });

  it('that was reset while open ends cancelled, and the new run has a row of its own', async () => {
    const handle = await stack.start('waiting');
    const id = handle.firstExecutionRunId;
    await stack.stored(id, ({ run }) => run.status === 'waiting_user');
    const newId = await stack.reset(handle.workflowId, id, 4);
    const again = stack.client.workflow.getHandle(handle.workflowId);
    await again.signal('go');
    await again.signal('go');
    await again.result();
    const old = await stack.endedBySweep(id);
    expect(old.run).toMatchObject({ status: 'cancelled', cause: { type: 'reset', message: 'try again' } });
    const fresh = await stack.endedBySweep(newId);
    expect(fresh.run).toMatchObject({ run_id: newId, reset_of: id, status: 'succeeded', chain_place: 0 });
  });

  it('that was reset after it completed keeps its end, and can be reset again', async () => {
    const handle = await stack.start('plain', { input: { word: 'twice' } });
    const id = handle.firstExecutionRunId;
    const before = await stack.ended(id);
    const second = await stack.reset(handle.workflowId, id, 4);
    await stack.ended(second);
    const third = await stack.reset(handle.workflowId, second, 7);
    const { run } = await stack.ended(third);

    expect(await stack.ended(id)).toEqual(before);
    expect((await stack.ended(second)).run.reset_of).toBe(id);
    expect(run).toMatchObject({ reset_of: second, status: 'succeeded', output: 'done twice' });
  });

  it('that continues as new stays one row', async () => {
    const handle = await stack.start('continued', { input: { left: 2 } });
    const { run, steps } = await stack.ended(handle.firstExecutionRunId);

    expect(run).toMatchObject({ status: 'succeeded', chain_place: 2, input: { left: 2 }, output: 'whole' });
    expect(run.current_run_id).not.toBe(run.run_id);
    expect(steps.map(({ step_number, status }) => [step_number, status])).toEqual([
      [1, 'succeeded'],
      [2, 'succeeded'],
      [3, 'succeeded'],
    ]);
  });

  it('that is reset in a later execution of its chain names the row of the chain', async () => {
    const handle = await stack.start('continued', { input: { left: 1 } });
    const id = handle.firstExecutionRunId;
    const { run: first } = await stack.ended(id);
    const newId = await stack.reset(handle.workflowId, String(first.current_run_id), 4);
    const { run } = await stack.ended(newId);

    expect(run).toMatchObject({ reset_of: id, status: 'succeeded', chain_place: 0, output: 'whole' });
  });

  it('whose workflow is retried stays one row and never returns to the queue', async () => {
    const retry = { maximumAttempts: 3, initialInterval: 100 };
    const handle = await stack.start('retried', { input: { until: 3 }, retry });
    const { run, steps } = await stack.ended(handle.firstExecutionRunId);

    expect(run).toMatchObject({ status: 'succeeded', chain_place: 2, output: 3, cause: null });
    expect(steps).toHaveLength(3);
  });

  it('shows activities, attempts, local activities, timers and children as steps', async () => {
    const handle = await stack.start('steps');
    const { run, steps } = await stack.ended(handle.firstExecutionRunId);

    const seen = steps.map(({ kind, name, status, attempts, summary, cause }) => [
      `${kind} ${name} ${status}`,
      attempts,
      summary,
      cause,
    ]);
    expect(seen).toEqual([
      ['activity flaky succeeded', 3, null, null],
      ['local_activity work succeeded', 1, null, null],
      ['local_activity flaky succeeded', 2, null, null],
      ['local_activity refuse failed', 1, null, 'Refused: the CRM said no'],
      ['activity stall timed_out', 1, null, expect.stringContaining('timeout')],
      ['timer timer succeeded', 0, 'a short nap', null],
      ['child plain succeeded', 1, 'the child', null],
      ['timer timer cancelled', 0, null, null],
      ['activity work succeeded', 1, null, null],
    ]);
    for (const { scheduled_at, ended_at } of steps) {
      expect(Date.parse(String(ended_at))).toBeGreaterThanOrEqual(Date.parse(String(scheduled_at)));
    }
    const [child] = await stack.db.execute(
      sql`select * from process_runs where workflow_id = ${`${handle.workflowId}/child`}`,
    );
    expect(child?.parent_workflow_id).toBe(run.workflow_id);
  });

  it('closes what a run left open: a child that outlives it went well, the rest is cancelled', async () => {
    const handle = await stack.start('leaving');
    const { steps } = await stack.ended(handle.firstExecutionRunId);

    expect(steps.map(({ kind, status, cause }) => [kind, status, cause])).toEqual([
      ['child', 'succeeded', 'left running'],
      ['child', 'cancelled', 'run completed'],
      ['activity', 'cancelled', 'run completed'],
      ['timer', 'cancelled', 'run completed'],
      ['activity', 'succeeded', null],
    ]);
    await stack.client.workflow.getHandle(`${handle.workflowId}/stays`).terminate();
  });

  it('whose workflow task fails again and again is running, and shows only what is written', async () => {
    const handle = await stack.start('stuck');
    const id = handle.firstExecutionRunId;
    await eventually('the second failure', async () => {
      const { pendingWorkflowTask } = await stack.client.workflowService.describeWorkflowExecution({
        namespace: 'default',
        execution: { workflowId: handle.workflowId, runId: id },
      });
      return (pendingWorkflowTask?.attempt ?? 0) > 1 ? true : undefined;
    });
    await stack.projection.project(handle.workflowId, id);
    const { run, steps } = await stack.stored(id, () => true);
    expect(run).toMatchObject({ status: 'running', ended_at: null });
    expect(steps).toMatchObject([{ status: 'succeeded' }]);
    const shown = Number(run.last_event_id);

    await handle.terminate('a mistake');
    await stack.projection.project(handle.workflowId, id);
    const after = await stack.ended(id);
    expect(after.run).toMatchObject({ status: 'failed', last_event_id: shown + 1 });
  });
});
