import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  alarms,
  automationEvents,
  callbacks,
  crmLinks,
  customers,
  deliveries,
  leads,
  requests,
} from '../../db/schema/index.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';
import { createSearch } from '../support/traces.ts';

/** Words that nothing but this customer has ever said. */
const CANARY = {
  name: 'Канарейкин',
  phone: '7015557788',
  words: 'сверхпёстрый',
  command: '/канареечка',
};
const search = createSearch(Object.values(CANARY));

describe('a customer who asks to be forgotten', () => {
  let product: Product;
  const lines: string[] = [];
  const dataDir = mkdtempSync(join(tmpdir(), 'dirigent-forget-'));
  beforeAll(async () => {
    product = await startProduct({
      name: 'forget',
      onLog: (line) => lines.push(line),
      env: { DATA_DIR: dataDir },
      timing: { outagePauseMs: 200, outagePauseMaxMs: 400 },
    });
  });
  afterAll(async () => {
    await product.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** What no chat brings about: data of the person in rows of other systems, of faults and of the watch. */
  async function plant({ workflowId, tenantId }: { workflowId: string; tenantId: string }) {
    const { db } = product;
    const common = { tenantId, correlationId: 'planted' };
    const words = {
      process: 'lead',
      count: 2,
      cause: `Unexpected token in "${CANARY.words}"`,
      runs: `lead/0 ${workflowId}`,
    };
    const trouble = { kind: 'run_stuck' as const, subject: 'lead', severity: 'critical' as const, words };
    await db.insert(alarms).values({ tenantId, ...trouble, notify: false, clearedAt: new Date() });
    const raised = { eventType: 'alarm.raised', subject: 'alarm/run_stuck/lead', actor: 'system' };
    await db.insert(automationEvents).values({ ...common, ...raised, data: { alarmId: v7(), words } });
    await db.execute(sql`update llm_calls set error = ${CANARY.words} where workflow_id = ${workflowId}`);
    await db.execute(sql`update sends set error = ${CANARY.words} where workflow_id = ${workflowId}`);
    await db.execute(sql`insert into send_doubts
        (send_id, attempt, tenant_id, conversation_id, begun_at, ended_at, answer, next_look_at)
      select id, 9, tenant_id, conversation_id, now(), now(), ${CANARY.words}, now() + interval '1 hour' from sends
      where workflow_id = ${workflowId}`);
    const answer = { key: `${workflowId}/callback/9`, workflowId, secret: 's', body: { said: CANARY.words } };
    await db.insert(callbacks).values({ ...common, ...answer });
    await db.insert(requests).values({
      ...common,
      number: 90_001,
      key: `${workflowId}/by-hand`,
      kind: 'task',
      messageIds: [],
      details: { about: CANARY.words },
    });
    // So new that no sweep looks at them yet.
    const createdAt = new Date(Date.now() + 3_600_000);
    const delivery = { ...common, process: 'orders', fingerprint: 'f', createdAt };
    const ofTheirs = { buyer: { tel: `8 (${CANARY.phone.slice(0, 3)}) ${CANARY.phone.slice(3)}` } };
    const input = { ...ofTheirs, wish: CANARY.words };
    await db.insert(deliveries).values([
      // Not taken by the engine yet; refused; and somebody else's.
      { ...delivery, key: 'open', workflowId: 'orders/hook/1', input },
      {
        ...delivery,
        key: 'no',
        workflowId: 'orders/hook/2',
        input,
        settledAt: new Date(),
        refusal: 'no more',
      },
      { ...delivery, key: 'other', workflowId: 'orders/hook/3', input: { buyer: { tel: '+77019998877' } } },
    ]);
  }

  /** Asks to be forgotten and confirms; resolves once it was said to be done. */
  async function wishToBeForgotten(chat: Chat) {
    await chat.say('/forget');
    await chat.hears('Удалить');
    await chat.press('Да, удалить');
    await chat.hears('удалены', 60_000);
  }

  const erased = (chat: Chat) =>
    eventually('the erasure to end', async () => {
      const runs = (await chat.runs()).filter((run) => run.processId === 'forget');
      return runs.length === 2 && runs.every((run) => run.status === 'succeeded');
    });

  it('leaves no trace in any table, history, file or log; runs and counts stay', async () => {
    const chat = product.chat();
    await chat.say(
      `Хочу заказать ${CANARY.words} шкаф, меня зовут ${CANARY.name}, телефон +7${CANARY.phone}`,
    );
    await chat.run('crm_push', 'succeeded');
    await chat.say(CANARY.command);
    await chat.hears('');
    await chat.shareContact({ phone: `+7${CANARY.phone}`, firstName: CANARY.name });
    const waiting = await chat.run('lead', 'waiting_user');
    await chat.settled();
    const followed = await eventually('the wait for the second look', async () =>
      (await chat.runs()).find((run) => run.processId === 'lead_followup' && run.waitingOn === 'timer'),
    );
    await plant(waiting);
    // They are there to be found: a search that finds nothing proves nothing.
    expect((await search.inTables(product)).length).toBeGreaterThan(8);
    expect((await search.inHistories(product, 'decoded')).length).toBeGreaterThan(0);

    await wishToBeForgotten(chat);
    await erased(chat);

    expect(await search.inTables(product)).toEqual([]);
    await eventually(
      'the histories to go',
      async () => (await search.inHistories(product, 'decoded')).length === 0,
    );
    expect(search.inFiles(dataDir)).toEqual([]);
    expect(search.inText(lines.join('\n'))).toEqual([]);

    const runs = await chat.runs();
    const processes = runs.map((run) => run.processId);
    expect(processes).toEqual(expect.arrayContaining(['lead', 'crm_push', 'forget']));
    expect(processes.filter((process) => process === 'lead')).toHaveLength(2);
    // The question that was open has been withdrawn, and no run was lost.
    expect(runs.find((run) => run.runId === waiting.runId)?.status).toBe('cancelled');
    expect(runs.some((run) => run.cause?.type === 'history lost')).toBe(false);
    // Nobody looks at the lead a second time.
    expect(runs.find((run) => run.runId === followed.runId)?.status).toBe('cancelled');
    const [sought] = await product.db.execute(
      sql`select count(*)::int as count from send_doubts where next_look_at is not null`,
    );
    expect(sought).toEqual({ count: 0 });
    // What was delivered about them will not be taken any more; somebody else's will.
    const delivered = await product.db.select().from(deliveries).orderBy(deliveries.workflowId);
    expect(
      delivered.map(({ input, refusal, settledAt }) => [input !== null, refusal, settledAt !== null]),
    ).toEqual([
      [false, 'erased', true],
      [false, 'no more', true],
      [true, null, false],
    ]);
    const [customer] = await product.db
      .select()
      .from(customers)
      .where(eq(customers.id, runs[0]?.customerId ?? ''));
    expect(customer).toMatchObject({ name: null, phone: null, phoneHint: null, state: 'new' });

    // Managers are asked on the lead's own page.
    const comments = await product.outside.bitrix.comments();
    expect(JSON.stringify(comments)).toContain('удалить свои персональные данные');

    // They can begin again.
    await chat.say('Сколько стоит доставка по городу?');
    await chat.run('answer', 'succeeded');
  });

  it('is asked for in the CRM when it is back, if it was away then', async () => {
    const chat = product.chat();
    await chat.say('Хочу заказать комод, меня зовут Пётр, телефон +7 701 333 44 55');
    await chat.run('crm_push', 'succeeded');
    const [link] = await product.db
      .select({ inCrm: crmLinks.externalId })
      .from(crmLinks)
      .innerJoin(leads, eq(leads.id, crmLinks.leadId))
      .where(eq(leads.conversationId, await chat.conversationId()));
    const asked = async () =>
      (await product.outside.bitrix.comments()).filter(
        ({ entityId, comment }) => String(entityId) === link?.inCrm && comment.includes('удалить свои'),
      );
    const back = await product.outside.mischief.takeDown('bitrix24');
    await wishToBeForgotten(chat);
    await eventually('the request to be owed', async () =>
      (await chat.runs()).some((run) => run.waitingOn === 'provider' && run.details === 'the CRM'),
    );
    expect(await asked()).toEqual([]);
    await back();
    await erased(chat);
    expect(await asked()).toHaveLength(1);
  });
});
