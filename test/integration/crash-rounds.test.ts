import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { startWorkerApart, type WorkerApart } from '../support/worker-apart.ts';

const ROUNDS = 4;

describe('a worker that is killed at any moment', () => {
  let apart: WorkerApart;
  beforeAll(async () => {
    apart = await startWorkerApart({
      name: 'crash_rounds',
      // No word but the answer, so that replies can be counted.
      timing: { unclearWriteMs: 2_000, crmWaitMs: 60_000, workingOnItMs: 60_000 },
    });
  });
  afterAll(() => apart.stop());

  it(`answers everybody once, over ${ROUNDS} kills`, async () => {
    const { product } = apart;
    for (let round = 1; round <= ROUNDS; round++) {
      const asking = [1, 2, 3].map(() => product.chat());
      const buying = [1, 2, 3].map((n) => ({
        chat: product.chat(),
        phone: `+7701555${String(round).padStart(2, '0')}${n}0`,
      }));
      await Promise.all([
        ...asking.map((chat) => chat.say('Сколько стоит доставка по городу?')),
        ...buying.map(({ chat, phone }) => chat.say(`Хочу купить шкаф, меня зовут Пётр, телефон ${phone}`)),
      ]);
      // Where it strikes is chance; what must hold afterwards is not.
      await sleep(Math.random() * 1_500);
      const { killedAt } = await apart.killAndRestart();

      const chats = [...asking, ...buying.map(({ chat }) => chat)];
      const outcomes = await Promise.all(
        chats.map((chat) =>
          eventually(
            'the reply to be settled',
            async () => {
              const [send, ...more] = await chat.sends();
              if (more.length > 0)
                throw new Error(`${more.length + 1} messages were sent to chat ${chat.id}`);
              return send && ['sent', 'unknown'].includes(send.state) ? send : undefined;
            },
            30_000,
          ),
        ),
      );
      for (const [index, chat] of chats.entries()) {
        const unsure = outcomes[index]?.state === 'unknown';
        const said = await chat.said();
        expect(said.length).toBeLessThanOrEqual(1);
        if (!unsure) expect(said).toHaveLength(1);
        await chat.settled();
      }
      for (const { chat, phone } of buying) {
        await chat.run('crm_push', 'succeeded');
        const leads = JSON.stringify(await product.outside.bitrix.leads());
        expect(leads.split(phone), phone).toHaveLength(2);
      }
      const late = outcomes.flatMap(({ settledAt }) => (settledAt ? [settledAt.getTime() - killedAt] : []));
      const unknown = outcomes.filter(({ state }) => state === 'unknown').length;
      console.info(
        `Round ${round}: the slowest of ${chats.length} replies came ${Math.max(...late)} ms after the kill; ${unknown} unknown.`,
      );
    }
  }, 180_000);
});
