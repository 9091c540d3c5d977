import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { type Product, startProduct } from '../support/product.ts';
import { type Served, serve } from '../support/served.ts';

const ROUNDS = 4;

describe('a worker that is killed at any moment', () => {
  let product: Product;
  let worker: Served;
  let env: Record<string, string>;

  beforeAll(async () => {
    product = await startProduct({
      name: 'crash_rounds',
      roles: ['api', 'projector'],
      // No word but the answer, so that replies can be counted.
      timing: { unclearWriteMs: 2_000, crmWaitMs: 60_000, workingOnItMs: 60_000 },
    });
    env = { ...product.env, PORT: String(await freePort()), LOG_LEVEL: 'warn' };
    worker = await start();
    await worker.ready();
  });
  afterAll(async () => {
    worker.kill('SIGTERM');
    await worker.exited;
    await product.stop();
  });

  const start = () => serve({ env, yaml: product.yaml, args: ['--role', 'worker'] });

  it(`answers everybody once, over ${ROUNDS} kills`, async () => {
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
      worker.kill('SIGKILL');
      const killedAt = Date.now();
      await worker.exited;
      worker = await start();

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
