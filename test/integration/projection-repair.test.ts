import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectDatabase } from '../../db/client.ts';
import { type Hint, listenForHints, notifyHints } from '../../workers/projector/hints.ts';
import { eventually, openStack, type Stack } from '../fixtures/projection/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await openStack({ name: 'projection_repair' });
});
afterAll(() => stack.close());
beforeEach(() => {
  stack.way.carry = (hints) => stack.projection.hint(hints);
});
const loseHints = () => {
  stack.way.carry = () => {};
};
/** Visibility lags, so the sweep is repeated until it has seen enough. */
const sweepUntil = <T>(what: string, look: () => Promise<T | undefined>): Promise<T> =>
  eventually(what, async () => {
    await stack.projection.sweep();
    return look();
  });
const rowOf = async (runId: string) =>
  (await stack.db.execute(sql`select * from process_runs where run_id = ${runId}`))[0];
describe('the sweep', () => {
  it('makes the row of a run whose hints were all lost, open or ended', async () => {
    loseHints();
    const silent = await stack.start('silent');
    await silent.result();
    const waiting = await stack.start('waiting');

    const row = await sweepUntil('the silent run', () => rowOf(silent.firstExecutionRunId));
    expect(row).toMatchObject({ status: 'succeeded', output: { answer: 42 } });
    const open = await sweepUntil('the waiting run', async () => {
      const found = await rowOf(waiting.firstExecutionRunId);
      return found?.status === 'waiting_user' ? found : undefined;
    });
    expect(open.waiting_on).toBe('customer');
    await waiting.terminate();
  });

  it('ends a row that is open in the database although the run has ended', async () => {
    const handle = await stack.start('waiting');
    await stack.stored(handle.firstExecutionRunId, ({ run }) => run.status === 'waiting_user');
    loseHints();
    await handle.terminate('gone');
    const row = await sweepUntil('the end', async () => {
      const found = await rowOf(handle.firstExecutionRunId);
      return found?.ended_at ? found : undefined;
    });
    expect(row.status).toBe('failed');
  });

  it('brings steps of an open run up to date when it compares thoroughly', async () => {
    loseHints();
    const handle = await stack.start('waiting');
    const id = handle.firstExecutionRunId;
    await sweepUntil('the wait', async () =>
      (await rowOf(id))?.status === 'waiting_user' ? true : undefined,
    );
    // A signal that the workflow does not know changes nothing but the history.
    await handle.signal('unknown');
    const row = await sweepUntil('a later event', async () => {
      const found = await rowOf(id);
      return Number(found?.last_event_id) > 11 ? found : undefined;
    });
    expect(row.status).toBe('waiting_user');
    await handle.terminate();
  });

  it('reads nothing again when all rows are right', async () => {
    const handle = await stack.start('plain', { input: { word: 'calm' } });
    await stack.ended(handle.firstExecutionRunId);
    await stack
      .start('continued', { input: { left: 1 } })
      .then(({ firstExecutionRunId }) => stack.ended(firstExecutionRunId));
    await eventually('a sweep without work', async () => {
      const before = stack.projection.stats().projector.reads;
      await stack.projection.sweep();
      return stack.projection.stats().projector.reads === before ? true : undefined;
    });
  });

  it('fails an open run whose history is gone, closes its steps and notes it once', async () => {
    const handle = await stack.start('waiting');
    const id = handle.firstExecutionRunId;
    await stack.stored(id, ({ run }) => run.status === 'waiting_user');
    loseHints();
    await stack.forget(handle.workflowId, id);
    const row = await sweepUntil('the loss', async () => {
      const found = await rowOf(id);
      return found?.status === 'failed' ? found : undefined;
    });
    expect(row).toMatchObject({ waiting_on: null, cause: { type: 'history lost' } });
    const steps = await stack.db.execute(
      sql`select * from process_run_steps where run_id = ${id} and ended_at is null`,
    );
    expect(steps).toHaveLength(0);

    await stack.projection.sweep();
    const events = await stack.db.execute(sql`
      select * from automation_events where event_type = 'run.history_lost' and subject = ${handle.workflowId}`);
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({ correlation_id: 'c-1', tenant_id: stack.tenantId });
  });
});

describe('hints', () => {
  it('may come twice and in any order', async () => {
    const held: Hint[] = [];
    stack.way.carry = (hints) => held.push(...hints);
    const handle = await stack.start('waiting');
    const id = handle.firstExecutionRunId;
    await handle.signal('go');
    await handle.signal('go');
    await handle.result();
    await eventually('the last hint', async () => held.find(({ last }) => last));
    for (const hint of [...held].reverse()) stack.projection.hint([hint, hint]);
    const { run } = await stack.ended(id);
    expect(run.status).toBe('succeeded');

    // Late ones change nothing.
    const before = await stack.printed();
    stack.projection.hint(held);
    await eventually('silence', async () =>
      stack.projection.stats().projector.pending === 0 ? true : undefined,
    );
    expect(await stack.printed()).toEqual(before);
  });

  it('reach a projector in another process through the database', async () => {
    const url = stack.database.url;
    const sending = connectDatabase({ url, name: 'sending', max: 1 });
    const receiving = connectDatabase({ url, name: 'receiving', max: 1 });
    try {
      stack.way.carry = notifyHints(sending.client);
      const unlisten = await listenForHints(receiving.client, stack.projection.hint);
      const handle = await stack.start('plain', { input: { word: 'far' } });
      const { run } = await stack.ended(handle.firstExecutionRunId);
      expect(run.output).toBe('done far');
      await unlisten();
    } finally {
      await Promise.all([sending.close(), receiving.close()]);
    }
  });

  it('of an execution that does not exist end in a count, not in a row', async () => {
    const before = stack.projection.stats().projector.gone;
    const runId = '01990000-0000-7000-8000-000000000000';
    stack.projection.hint([{ workflowId: 'nobody', runId, historyLength: 3, last: true }]);
    await eventually('the count', async () =>
      stack.projection.stats().projector.gone === before + 1 ? true : undefined,
    );
    expect(await rowOf(runId)).toBeUndefined();
  });
});
