import type { PayloadCodec } from '@temporalio/common';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runRow, stepRow, upsertRun } from '../../db/queries/projection.ts';
import { restoreChain } from '../../db/queries/projection-read.ts';
import { foldAll } from '../../domain/history/fold.ts';
import { mayBecome, TRANSITIONS } from '../../domain/history/transitions.ts';
import { RUN_STATES, type RunState } from '../../domain/run.ts';
import { createChainReader } from '../../workers/projector/chain.ts';
import { projectionCommand } from '../../workers/projector/cli.ts';
import { createReaders } from '../../workers/projector/compose.ts';
import { createHistoryReader } from '../../workers/projector/read.ts';
import { rebuild } from '../../workers/projector/rebuild.ts';
import { verify } from '../../workers/projector/verify.ts';
import { openStack, type Stack } from '../fixtures/projection/stack.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await openStack({ name: 'projection_rebuild' });
});
afterAll(() => stack.close());
beforeEach(() => {
  stack.way.carry = (hints) => stack.projection.hint(hints);
});
const loseHints = () => {
  stack.way.carry = () => {};
};
const walk = () => ({
  ...createReaders({ client: stack.client, db: stack.db }),
  db: stack.db,
  taskQueues: [stack.taskQueue],
});

const reader = () =>
  createHistoryReader({
    service: stack.client.workflowService,
    namespace: 'default',
    dataConverter: stack.client.options.loadedDataConverter,
  });

describe('rebuild and verify', () => {
  it('find every row byte for byte as its history says, and make it so again', async () => {
    const kinds = [
      stack.start('plain', { input: { word: 'rows' } }),
      stack.start('degraded'),
      stack.start('continued', { input: { left: 1 } }),
      stack.start('steps'),
    ];
    for (const handle of await Promise.all(kinds)) await stack.ended(handle.firstExecutionRunId);
    const waiting = await stack.start('waiting');
    await stack.stored(waiting.firstExecutionRunId, ({ run }) => run.status === 'waiting_user');
    // What other tests left open settles first.
    await stack.projection.sweep();

    const live = await stack.printed();
    const clean = await verify(walk());
    expect(clean).toMatchObject({ drifted: 0, differences: [] });
    expect(clean.same).toBeGreaterThanOrEqual(5);

    const report = await rebuild(walk());
    expect(report.rebuilt).toBe(clean.same);
    expect(report.kept).toBe(clean.gone);
    expect(await stack.printed()).toEqual(live);

    // From nothing: all but the rows whose history is gone.
    await stack.db.execute(
      sql`delete from process_runs where cause->>'type' is distinct from 'history lost'`,
    );
    await rebuild(walk());
    expect(await stack.printed()).toEqual(live);
    await waiting.terminate();
  });

  it('report drift with exit code 1, repair it, and refuse what they do not understand', async () => {
    const handle = await stack.start('plain', { input: { word: 'true' } });
    await stack.ended(handle.firstExecutionRunId);
    await stack.projection.sweep();
    await stack.db.execute(
      sql`update process_runs set output = '"false"'::jsonb where run_id = ${handle.firstExecutionRunId}`,
    );
    await stack.db.execute(sql`delete from process_run_steps where run_id = ${handle.firstExecutionRunId}`);

    const lines: string[] = [];
    const run = (...args: string[]) =>
      projectionCommand(
        [...args],
        { databaseUrl: stack.database.url, temporalAddress: stack.address, temporalNamespace: 'default' },
        (line) => lines.push(line),
      );
    const queue = ['--task-queue', stack.taskQueue];
    expect(await run('verify', '--tenant', 'default', ...queue)).toBe(1);
    expect(lines.join('\n')).toContain('output: stored "false", history says "done true"');
    expect(await run('rebuild', ...queue)).toBe(0);
    expect(await run('verify', ...queue)).toBe(0);
    expect(await run('verify', '--tenant', 'nobody', ...queue)).toBe(0);
    expect(lines.at(-1)).toContain('0 as their histories');
    expect(await run('explain')).toBe(2);
    expect(await run('verify', '--since', 'yesterday-ish')).toBe(2);
  });

  it('leave a row whose history is gone as it is, and count it', async () => {
    const handle = await stack.start('plain', { input: { word: 'kept' } });
    await stack.ended(handle.firstExecutionRunId);
    const gone = '01990000-0000-7000-8000-00000000000b';
    await stack.db.execute(sql`
      insert into process_runs
      select (jsonb_populate_record(r, ${JSON.stringify({ run_id: gone, current_run_id: gone })}::jsonb)).*
      from process_runs r where run_id = ${handle.firstExecutionRunId}`);
    const before = await stack.ended(gone);

    expect((await verify(walk())).gone).toBeGreaterThan(0);
    expect((await rebuild(walk())).kept).toBeGreaterThan(0);
    expect(await stack.ended(gone)).toEqual(before);
  });
});

describe('a chain whose oldest history is gone', () => {
  it('goes on from its row', async () => {
    const handle = await stack.start('continuedWaiting', { input: { left: 1 } });
    const id = handle.firstExecutionRunId;
    const waiting = await stack.stored(
      id,
      ({ run }) => run.chain_place === 1 && run.status === 'waiting_user',
    );
    loseHints();
    await stack.client.workflow.getHandle(handle.workflowId).signal('go');
    await stack.client.workflow.getHandle(handle.workflowId).result();

    const { read } = reader();
    const forgetful = createChainReader(
      { read: async (workflowId, runId) => (runId === id ? undefined : read(workflowId, runId)) },
      (from, asked) => restoreChain(stack.db, from, asked),
    );
    const reading = await forgetful(handle.workflowId, String(waiting.run.current_run_id));
    if (reading.found !== 'run') throw new Error(reading.found);
    expect(reading.whole).toBe(false);
    await upsertRun(stack.db, reading.run, reading.steps);
    const after = await stack.ended(id);
    expect(after.run).toMatchObject({ status: 'succeeded', chain_place: 1, input: { left: 1 } });

    // The same as with all histories.
    const whole = await createChainReader({ read })(handle.workflowId, String(waiting.run.current_run_id));
    if (whole.found !== 'run') throw new Error(whole.found);
    expect(after).toEqual({
      run: runRow(whole.run),
      steps: whole.steps.map((step) => stepRow(whole.run, step)),
    });
  });
});

describe('the database', () => {
  it('lets a row become exactly what the table of transitions lets it become', async () => {
    const runId = '01990000-0000-7000-8000-00000000000a';
    const isEnd = (state: RunState) => TRANSITIONS[state].length === 0;
    const shape = (state: RunState) =>
      sql`status = ${state}, waiting_on = ${state === 'waiting_user' ? 'customer' : null},
        ended_at = ${isEnd(state) ? '2026-01-01T00:00:00Z' : null}::timestamptz`;
    for (const from of RUN_STATES) {
      for (const to of RUN_STATES) {
        await stack.db.execute(sql`delete from process_runs where run_id = ${runId}`);
        await stack.db.execute(sql`
          insert into process_runs (run_id, tenant_id, workflow_id, process_id, status, waiting_on, correlation_id,
            losses, current_run_id, chain_place, last_event_id, queued_at, ended_at)
          values (${runId}, ${stack.tenantId}, 'w', 'p', ${from}, ${from === 'waiting_user' ? 'customer' : null}, 'c',
            '[]', ${runId}, 0, 1, now(), ${isEnd(from) ? '2026-01-01T00:00:00Z' : null}::timestamptz)`);
        const moved = await stack.db
          .execute(sql`update process_runs set ${shape(to)} where run_id = ${runId}`)
          .then(
            () => true,
            () => false,
          );
        expect(`${from} → ${to}: ${moved}`).toBe(`${from} → ${to}: ${mayBecome(from, to)}`);
      }
    }
    await stack.db.execute(sql`delete from process_runs where run_id = ${runId}`);
  });

  it('keeps the newer reading when an older one arrives late, and refuses a state that would go back', async () => {
    const handle = await stack.start('waiting');
    const id = handle.firstExecutionRunId;
    await stack.stored(id, ({ run }) => run.status === 'waiting_user');
    const history = await reader().read(handle.workflowId, id);
    const older = foldAll(history?.events.slice(0, 7) ?? []);
    await handle.terminate();
    await stack.projection.project(handle.workflowId, id);
    const before = await stack.printed();

    if (older.run === null) throw new Error('no run in the older reading');
    expect(await upsertRun(stack.db, older.run, older.steps)).toBe(false);
    await expect(
      upsertRun(stack.db, { ...older.run, lastEventId: 1_000 }, older.steps),
    ).rejects.toMatchObject({ constraint_name: 'process_runs_transition' });
    expect(await stack.printed()).toEqual(before);
  });
});

describe('with encoded payloads', () => {
  /** Stands for encryption: nothing is readable without it. */
  const flip = (bytes: Uint8Array | null | undefined) =>
    (bytes ?? new Uint8Array()).map((byte) => byte ^ 0x5a);
  const codec: PayloadCodec = {
    encode: async (payloads) =>
      payloads.map(({ metadata, data }) => ({
        metadata: { encoding: Buffer.from('binary/flipped'), inner: metadata?.encoding ?? new Uint8Array() },
        data: flip(data),
      })),
    decode: async (payloads) =>
      payloads.map((payload) =>
        Buffer.from(payload.metadata?.encoding ?? []).toString() === 'binary/flipped'
          ? { metadata: { encoding: payload.metadata?.inner ?? new Uint8Array() }, data: flip(payload.data) }
          : payload,
      ),
  };

  it('runs, steps and errors come out the same', async () => {
    const coded = await openStack({ name: 'projection_codec', dataConverter: { payloadCodecs: [codec] } });
    try {
      const plain = await coded.start('plain', { input: { word: 'secret' } });
      const { run, steps } = await coded.ended(plain.firstExecutionRunId);
      expect(run).toMatchObject({
        input: { word: 'secret' },
        output: 'done secret',
        details: 'works on secret',
      });
      expect(steps).toMatchObject([{ summary: 'the only work' }]);
      const degraded = await coded.start('degraded');
      const failed = await coded.ended(degraded.firstExecutionRunId);
      expect(failed.steps).toMatchObject([{ cause: 'Refused: the CRM said no' }]);
      const all = await coded.start('steps');
      expect((await coded.ended(all.firstExecutionRunId)).steps).toHaveLength(9);
    } finally {
      await coded.close();
    }
  });
});
