import { faults } from '../../../sandbox/client.ts';
import { eventually } from '../../support/eventually.ts';
import type { Product } from '../../support/stack.ts';
import { COMPLETE_ORDER, leadEnded, ORDER, QUESTION, type RecordedPath } from './path.ts';

/** The service does what it is asked once, and nobody hears of it. */
const ANSWER_LOST = { kind: 'lose_answer', times: 1 } as const;

async function withoutModels({ outside }: Product): Promise<void> {
  for (const service of ['ollama', 'openai'] as const) await outside.mischief.takeDown(service);
}

/** Services that are away or refuse. */
export const failing: RecordedPath[] = [
  {
    name: 'models-away',
    alone: true,
    async walk(chat, product) {
      await withoutModels(product);
      await chat.say(QUESTION);
      await chat.run('answer', 'degraded');
      await chat.say(COMPLETE_ORDER);
      await chat.run('lead', 'degraded');
    },
  },
  {
    name: 'crm-away',
    alone: true,
    timing: { crmWaitMs: 300, outagePauseMs: 300, outagePauseMaxMs: 600 },
    async walk(chat, { outside }) {
      const back = await outside.mischief.takeDown('bitrix24');
      await chat.say(COMPLETE_ORDER);
      await chat.run('lead', 'degraded');
      await eventually('the push to wait', async () =>
        (await chat.runs()).find((r) => r.processId === 'crm_push' && r.waitingOn === 'provider'),
      );
      await back();
      await chat.run('crm_push', 'succeeded');
    },
  },
  {
    name: 'crm-answer-lost',
    alone: true,
    timing: { crmWaitMs: 300, unclearWriteMs: 500 },
    async walk(chat, { outside }) {
      await outside.mischief.add({ service: 'bitrix24', method: 'crm.item.add', ...ANSWER_LOST });
      await chat.say(COMPLETE_ORDER);
      await chat.run('crm_push', 'succeeded');
    },
  },
  {
    name: 'crm-refuses',
    alone: true,
    timing: { crmWaitMs: 2_000 },
    async walk(chat, { outside }) {
      await outside.mischief.add({ service: 'bitrix24', ...faults.bitrixError(400, 'ERROR_CORE', 'No') });
      await chat.say(COMPLETE_ORDER);
      await chat.run('crm_push', 'failed');
    },
  },
  {
    name: 'phone-known-to-the-crm',
    alone: true,
    async walk(chat, { outside }) {
      const phones = ['+77012223344'];
      await outside.bitrix.seed('lead', { phones });
      await chat.say(COMPLETE_ORDER);
      await chat.run('crm_push', 'succeeded');
    },
  },
  {
    name: 'customer-unreachable',
    alone: true,
    async walk(chat, { outside }) {
      const forbidden = faults.telegramError(403, 'Forbidden: bot was blocked by the user');
      const sends = { service: 'telegram' as const, method: 'sendMessage', chatId: chat.id };
      await outside.mischief.add({ ...sends, ...forbidden });
      await chat.say(QUESTION);
      await chat.run('answer', 'degraded');
      await chat.say(ORDER);
      await leadEnded(chat);
    },
  },
  {
    name: 'send-unclear',
    alone: true,
    async walk(chat, { outside }) {
      const sends = { service: 'telegram' as const, method: 'sendMessage', chatId: chat.id };
      await outside.mischief.add({ ...sends, ...ANSWER_LOST });
      await chat.say(QUESTION);
      await chat.run('answer', 'degraded');
    },
  },
  {
    name: 'looked-at-through-faults',
    alone: true,
    timing: { secondLookMs: 500, unclearWriteMs: 500 },
    async walk(chat, product) {
      const { mischief } = product.outside;
      const inCrm = { service: 'bitrix24' as const };
      const right = faults.bitrixError(403, 'insufficient_scope');
      await mischief.add({ ...inCrm, method: 'voximplant.statistic.get', ...right });
      const comment = { ...inCrm, method: 'crm.timeline.comment.add' };
      await mischief.add({ ...comment, ...ANSWER_LOST });
      await chat.say(COMPLETE_ORDER);
      // The first look has counted what it could, and waits: from now on no model answers.
      await chat.run('crm_push', 'succeeded');
      await withoutModels(product);
      await chat.run('lead_followup', 'degraded');
    },
  },
];
