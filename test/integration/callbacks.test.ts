import { randomUUID } from 'node:crypto';
import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCallbackAddress } from '../../activities/callback/address.ts';
import { storeCallback } from '../../db/queries/callbacks.ts';
import { automationEvents, callbacks, processRuns } from '../../db/schema/index.ts';
import type { ProcessDefinition } from '../../workflows/kit/definition.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { consult } from '../fixtures/workflows/consult.ts';
import { startWithFixtures } from '../support/conversation.ts';
import { eventually } from '../support/eventually.ts';
import { decodedHistory, historyText } from '../support/history.ts';
import type { Product } from '../support/product.ts';

const UNKNOWN = `/callbacks/${randomUUID()}.${'x'.repeat(43)}`;

describe('a run that waits for a provider to call back', () => {
  let product: Product;
  beforeAll(async () => {
    const processes = [...PROCESSES, consult.definition as unknown as ProcessDefinition];
    product = await startWithFixtures({ name: 'callbacks', processes });
  });
  afterAll(() => product.stop());

  /** A run, as the provider that was given its address sees it. */
  async function consulting(input: object = {}) {
    const answer = await product.api('/api/v1/processes/consult/runs', {
      method: 'POST',
      headers: { 'Idempotency-Key': randomUUID() },
      body: JSON.stringify({ input }),
    });
    expect(answer.status).toBeLessThan(300);
    const { workflow_id: workflowId } = (await answer.json()) as { workflow_id: string };
    const row = () =>
      eventually('the callback to be opened', async () => {
        const [found] = await product.db.select().from(callbacks).where(eq(callbacks.workflowId, workflowId));
        return found;
      });
    const { id, tenantId, secret } = await row();
    const { publicUrl } = product.settings;
    const url = await createCallbackAddress({ db: product.db, publicUrl })({ tenantId, callbackId: id });
    const handle = product.temporal.workflow.getHandle<typeof consult>(workflowId);
    return {
      url,
      secret,
      handle,
      row,
      post: (body: object, to = url) => fetch(to, { method: 'POST', body: JSON.stringify(body) }),
      output: async () => (await handle.result()).output,
      shown: async () =>
        (await product.db.select().from(processRuns).where(eq(processRuns.workflowId, workflowId)))[0],
      lateness: async () =>
        (
          await product.db
            .select({ data: automationEvents.data })
            .from(automationEvents)
            .where(
              and(eq(automationEvents.subject, workflowId), eq(automationEvents.eventType, 'callback.late')),
            )
        ).map(({ data }) => data.reason),
    };
  }

  it('shows whom it waits for, reads the first answer, and lets a repeated one change nothing', async () => {
    const run = await consulting();
    await eventually('the run to wait for its provider', async () => {
      const shown = await run.shown();
      return shown?.waitingOn === 'provider' && shown.status === 'running';
    });
    const both = await Promise.all([run.post({ says: 'yes' }), run.post({ says: 'yes' })]);
    expect(both.map((answer) => answer.status)).toEqual([204, 204]);
    expect(await run.output()).toEqual({ kind: 'called', value: { says: 'yes' } });
    expect((await run.post({ says: 'no' })).status).toBe(204);
    expect((await run.row()).body).toEqual({ says: 'yes' });
    expect(await run.lateness()).toEqual([]);
  });

  it('keeps the secret of the address and the answer to the address out of signals', async () => {
    const run = await consulting();
    await run.post({ says: 'yes' });
    await run.output();
    const history = await decodedHistory(product.temporal, run.handle.workflowId);
    const { events } = history;
    expect(historyText(history)).not.toContain(run.secret);
    const signals = events?.flatMap((e) => e.workflowExecutionSignaledEventAttributes ?? []) ?? [];
    expect(signals.map((s) => String(s.input?.payloads?.[0]?.data))).toEqual([
      expect.not.stringContaining('yes'),
    ]);
  });

  it('takes an answer that comes before the submission has been answered', async () => {
    const run = await consulting({ submission: 'hangs' });
    expect((await run.post({ says: 'early' })).status).toBe(204);
    expect(await run.output()).toEqual({ kind: 'called', value: { says: 'early' } });
  });

  it('gives up in time when none comes, refuses what comes later, and notes it once', async () => {
    const run = await consulting({ timeoutMs: 1 });
    expect(await run.output()).toEqual({ kind: 'timeout' });
    for (const _ of [1, 2]) expect((await run.post({ says: 'late' })).status).toBe(410);
    expect(await run.lateness()).toEqual(['timeout']);
    expect((await run.row()).body).toBeNull();
  });

  it.each([
    ['another form', { said: 'yes' }],
    ['more than a history holds', { says: 'a'.repeat(100_000) }],
  ])('hears at once that an answer of %s cannot be read', async (_, body) => {
    const run = await consulting();
    expect((await run.post(body)).status).toBe(204);
    expect(await run.output()).toMatchObject({ kind: 'unreadable' });
  });

  it('fails with its submission, and waits no more', async () => {
    const run = await consulting({ submission: 'refused' });
    await expect(run.output()).rejects.toThrow();
    expect((await run.post({ says: 'yes' })).status).toBe(410);
  });

  it('waits no more when it is cancelled; of one that was terminated the answer is noted', async () => {
    const cancelled = await consulting();
    await cancelled.handle.cancel();
    await expect(cancelled.output()).rejects.toThrow();
    expect((await cancelled.post({ says: 'yes' })).status).toBe(410);

    const terminated = await consulting();
    await terminated.handle.terminate();
    expect((await terminated.post({ says: 'yes' })).status).toBe(204);
    await eventually('the answer to be noted', async () =>
      (await terminated.lateness()).includes('run_ended'),
    );
  });

  it('is told by the sweep of an answer that was stored when nobody could tell it', async () => {
    const run = await consulting();
    const { id: callbackId, ...row } = await run.row();
    expect(await storeCallback(product.db, { callbackId, ...row }, { says: 'kept' })).toBe('stored');
    expect(await run.output()).toEqual({ kind: 'called', value: { says: 'kept' } });
  });

  it('is found only by its whole address, which answers the probe of a provider', async () => {
    const run = await consulting();
    expect((await fetch(run.url, { method: 'HEAD' })).status).toBe(204);
    const guess = run.url.slice(0, -1) + (run.url.endsWith('A') ? 'B' : 'A');
    for (const url of [guess, new URL(UNKNOWN, run.url).href]) {
      expect((await run.post({ says: 'forged' }, url)).status).toBe(404);
    }
    await run.post({ says: 'true' });
    expect(await run.output()).toEqual({ kind: 'called', value: { says: 'true' } });
  });
});
