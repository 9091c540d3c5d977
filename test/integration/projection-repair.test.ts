import { type SQL, sql } from 'drizzle-orm';
import pino from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { connectDatabase } from '../../db/client.ts';
import { type Hint, listenForHints, notifyHints } from '../../workers/projector/hints.ts';
import { verify } from '../../workers/projector/verify.ts';
import { createAlarms } from '../../workers/watch/alarms.ts';
import { createDriftWatch } from '../../workers/watch/drift.ts';
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

/** A run that the history says ended well, and its row. */
async function plainRun(word: string) {
  const { workflowId, firstExecutionRunId: id } = await stack.start('plain', { input: { word } });
  await stack.ended(id);
  return { id, workflowId };
}

/** Sweeps until rows are again what they were. */
const sweepUntilRight = (before: string[]) =>
  sweepUntil('the rows to be right again', async () =>
    (await stack.printed()).join() === before.join() ? true : undefined,
  );

describe('what somebody has broken by hand', () => {
  const damage: [string, (id: string) => SQL[]][] = [
    ['a value of a run', (id) => [sql`update process_runs set output = '"other"' where run_id = ${id}`]],
    [
      'the place of its row in the chain',
      (id) => [sql`update process_runs set last_event_id = 9999, chain_place = 7 where run_id = ${id}`],
    ],
    [
      'the status of a step',
      (id) => [sql`update process_run_steps set status = 'failed', cause = 'never' where run_id = ${id}`],
    ],
    ['steps that are gone', (id) => [sql`delete from process_run_steps where run_id = ${id}`]],
    [
      'a step that never was',
      (id) => [
        sql`insert into process_run_steps select run_id, tenant_id, 99, 'x', kind, name, summary, status, attempts, cause,
        scheduled_at, started_at, ended_at from process_run_steps where run_id = ${id}`,
      ],
    ],
    ['the digest', (id) => [sql`update process_runs set digest = '1::00' where run_id = ${id}`]],
    ['a digest that is gone', (id) => [sql`update process_runs set digest = null where run_id = ${id}`]],
    ['the whole row', (id) => [sql`delete from process_runs where run_id = ${id}`]],
    [
      'its end, in two steps, since the database lets no run go back',
      (id) => [
        sql`create temporary table broken on commit drop as select * from process_runs where run_id = ${id}`,
        sql`delete from process_runs where run_id = ${id}`,
        sql`update broken set status = 'running', ended_at = null, output = null`,
        sql`insert into process_runs select * from broken`,
      ],
    ],
  ];

  it.each(damage)('is made what the history says: %s', async (_, statements) => {
    const { id } = await plainRun('broken');
    await stack.projection.sweep();
    const before = await stack.printed();
    await stack.db.transaction(async (tx) => {
      for (const statement of statements(id)) await tx.execute(statement);
    });
    expect(await stack.printed()).not.toEqual(before);
    await sweepUntilRight(before);
  });

  it('is made right in an open run as well, and noted', async () => {
    const handle = await stack.start('waiting');
    const id = handle.firstExecutionRunId;
    await stack.stored(id, ({ run }) => run.status === 'waiting_user');
    await stack.projection.sweep();
    const before = await stack.printed();
    await stack.db.execute(
      sql`update process_runs set status = 'running', waiting_on = null, details = 'wrong' where run_id = ${id}`,
    );
    await sweepUntilRight(before);
    const events = await stack.db.execute(sql`
      select data from automation_events where event_type = 'run.mended' and subject = ${handle.workflowId}`);
    expect(events).toEqual([
      { data: { runId: id, process: 'waiting', where: ['status', 'waiting_on', 'details'] } },
    ]);
    await handle.terminate();
  });

  it('and has no history any more is told as damaged, until it is as it was sealed', async () => {
    const { id, workflowId } = await plainRun('old');
    await stack.forget(workflowId, id);
    await stack.projection.sweep();
    expect(stack.projection.damaged()).toEqual([]);
    const output = (value: string) =>
      stack.db.execute(
        sql`update process_runs set output = ${JSON.stringify(value)}::jsonb where run_id = ${id}`,
      );
    await output('other');
    await stack.projection.sweep();
    expect(stack.projection.damaged()).toEqual([{ tenantId: stack.tenantId, process: 'plain', workflowId }]);
    const report = await verify({ ...stack.projection, db: stack.db, taskQueues: [stack.taskQueue] });
    expect(report.differences).toMatchObject([{ runId: id, where: 'digest' }]);
    await output('done old');
    await stack.projection.sweep();
    expect(stack.projection.damaged()).toEqual([]);
  });
});

describe('the check for drift', () => {
  it('raises one alarm for each process that differs, makes its rows right, and clears it when nothing does', async () => {
    const { id } = await plainRun('drifted');
    const alarms = createAlarms({ db: stack.db, notify: false, log: pino({ level: 'silent' }) });
    const drift = createDriftWatch({ ...stack.projection, db: stack.db, alarms, sample: 1_000 });
    const check = () => drift.run(new AbortController().signal);
    const drifting = async () => (await alarms.open()).filter(({ kind }) => kind === 'projection_drift');
    await check();
    expect(await drifting()).toEqual([]);

    await stack.db.execute(sql`update process_runs set output = '"other"' where run_id = ${id}`);
    await stack.db.execute(sql`update process_run_steps set attempts = 7 where run_id = ${id}`);
    await check();
    expect(await drifting()).toMatchObject([
      {
        subject: 'plain',
        severity: 'warning',
        words: { process: 'plain', count: 1, where: 'output, attempts' },
      },
    ]);
    expect((await rowOf(id))?.output).toBe('done drifted');
    await check();
    expect(await drifting()).toEqual([]);
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
