import type { Settings } from '../../config/settings.ts';
import { faults } from '../../sandbox/client.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { play } from '../support/play.ts';
import type { Product } from '../support/stack.ts';

/** A way through the product whose histories are worth keeping. */
export interface RecordedPath {
  /** Names the file. Kept when the path stays what it is. */
  name: string;
  timing?: Partial<Settings['timing']>;
  /** Runs while nothing else does: it disturbs a service that others use. */
  alone?: boolean;
  walk(chat: Chat, product: Product): Promise<unknown>;
}

const ORDER = 'Хочу заказать кухню на заказ, меня зовут Анна';
const COMPLETE_ORDER = 'Хочу купить шкаф, меня зовут Пётр, телефон +7 701 222 33 44';
const PHONE = '8 701 123 45 67';
const QUESTION = 'Сколько стоит доставка по городу?';

const examples: RecordedPath[] = PROCESSES.flatMap(({ name, examples }) =>
  examples.map((example, index) => ({
    name: `example-${name}-${index + 1}`,
    walk: (chat: Chat) => play(example, chat, { process: name }),
  })),
);

/** Questions that a run asks, and what customers do instead of answering. */
const asking: RecordedPath[] = [
  {
    name: 'own-question',
    async walk(chat) {
      await chat.say(ORDER);
      await chat.hears(/номер/i);
      await chat.say('А доставка у вас есть?');
      await chat.run('answer', 'succeeded');
      await chat.hears(/вернёмся/i);
      await chat.say(PHONE);
      await chat.run('lead', 'succeeded');
    },
  },
  {
    name: 'person-wanted-amid-a-question',
    async walk(chat) {
      await chat.say(ORDER);
      await chat.hears(/номер/i);
      await chat.say('Позовите оператора');
      await chat.run('request', 'succeeded');
      await chat.hears(/вернёмся/i);
      await chat.say(PHONE);
      await chat.run('lead', 'succeeded');
    },
  },
  {
    name: 'reply-unclear',
    async walk(chat) {
      await chat.say(ORDER);
      for (const reply of ['123', 'позже скажу', 'нет']) {
        await chat.hears(/номер/i);
        await chat.say(reply);
      }
      await eventually('the lead to end', async () =>
        (await chat.runs()).some((r) => r.processId === 'lead' && r.endedAt !== null),
      );
    },
  },
  {
    name: 'every-question',
    async walk(chat) {
      await chat.say('/lead');
      await chat.hears('');
      await chat.say('Шкаф-купе в прихожую');
      await chat.hears('');
      await chat.say('Анна');
      await chat.hears(/номер/i);
      await chat.shareContact({ phone: '+77011234567', firstName: 'Анна' });
      await chat.run('lead', 'succeeded');
    },
  },
  {
    name: 'timeout-after-reminder',
    timing: { askTimeoutMs: 1_500, askReminderMs: 500 },
    async walk(chat) {
      await chat.say(ORDER);
      await eventually('the lead to end', async () =>
        (await chat.runs()).some((r) => r.processId === 'lead' && r.endedAt !== null),
      );
    },
  },
  {
    name: 'cancel',
    async walk(chat) {
      await chat.say(ORDER);
      await chat.hears(/номер/i);
      await chat.say('/cancel');
      await chat.run('lead', 'cancelled');
    },
  },
  {
    name: 'two-questions-at-once',
    async walk(chat) {
      await chat.say(ORDER);
      await chat.hears(/номер/i);
      await chat.say('/lead');
      await eventually('two leads', async () => (await chat.runs()).length === 2);
      await chat.say(PHONE);
      await chat.run('lead', 'succeeded');
      await eventually('the second question', async () => (await chat.view()).waits[0]?.armed);
      await chat.say('/cancel');
      await chat.run('lead', 'cancelled');
    },
  },
];

/** What the conversation does by itself. */
const conversing: RecordedPath[] = [
  {
    name: 'clarification',
    async walk(chat) {
      await chat.say('Шкаф белый');
      const question = await chat.hears('');
      const button = question.buttons?.flat()[0];
      if (!button) throw new Error('The clarification has no buttons.');
      await chat.press(button.text);
      await eventually('a run', async () => (await chat.runs()).length > 0);
      await chat.say('/cancel');
      await chat.run('lead', 'cancelled');
    },
  },
  {
    name: 'commands',
    async walk(chat) {
      for (const command of ['/start', '/help', '/status', '/lang', '/cancel', '/nonsense']) {
        await chat.say(command);
        await chat.hears('');
      }
      await chat.press('Қазақша');
      await chat.hears('');
      await chat.press({ data: 'w:0:0' });
      await chat.say('спасибо');
    },
  },
  {
    name: 'files-and-albums',
    async walk(chat, { outside: { telegram } }) {
      await telegram.sendFile(chat.id, { kind: 'voice', duration: 2 });
      await chat.hears('');
      await telegram.sendAlbum(chat.id, [{ kind: 'photo' }, { kind: 'photo' }]);
      await chat.hears('');
      await telegram.sendSticker(chat.id);
    },
  },
  {
    name: 'burst',
    alone: true,
    async walk(chat, { outside }) {
      const slow = await outside.mischief.add({ service: 'ollama', kind: 'hold' });
      await chat.say(QUESTION);
      await outside.mischief.waitForHeld(slow.id);
      await chat.say('И сколько ждать?');
      await eventually('both in one turn', async () => (await chat.view()).turn?.messages.length === 2);
      await outside.mischief.remove(slow.id);
      await chat.run('answer', 'succeeded');
    },
  },
  {
    name: 'amended-while-answering',
    alone: true,
    async walk(chat, { outside, settings }) {
      const model = settings.llm.roles.main[0]?.model ?? '';
      const rule = { service: 'ollama', model, contains: 'доставка' } as const;
      const slow = await outside.mischief.add({ ...rule, kind: 'hold' });
      await chat.say(QUESTION);
      await outside.mischief.waitForHeld(slow.id);
      await chat.say('И сколько ждать?');
      await eventually('another attempt', async () => (await outside.mischief.get(slow.id)).matched > 1);
      await outside.mischief.remove(slow.id);
      await chat.run('answer', 'succeeded');
    },
  },
  {
    name: 'edited-while-answering',
    alone: true,
    async walk(chat, { outside, settings }) {
      const model = settings.llm.roles.main[0]?.model ?? '';
      const rule = { service: 'ollama', model, contains: 'доставка' } as const;
      const slow = await outside.mischief.add({ ...rule, kind: 'hold' });
      const { messageId } = await chat.say(QUESTION);
      await outside.mischief.waitForHeld(slow.id);
      await chat.edit(messageId, 'Сколько стоит доставка за город?');
      await eventually('another attempt', async () => (await outside.mischief.get(slow.id)).matched > 1);
      await outside.mischief.remove(slow.id);
      await chat.run('answer', 'succeeded');
    },
  },
  {
    name: 'run-terminated',
    async walk(chat, { temporal }) {
      await chat.say(ORDER);
      await chat.hears(/номер/i);
      const run = await chat.run('lead', 'waiting_user');
      await temporal.workflow.getHandle(run.workflowId).terminate('a history of what follows');
      await chat.run('lead', 'failed');
      await chat.hears('№');
      await chat.say(QUESTION);
      await chat.run('answer', 'succeeded');
    },
  },
  {
    name: 'quiet-end-and-return',
    timing: { quietMs: 700 },
    async walk(chat, { temporal }) {
      await chat.say(QUESTION);
      await chat.run('answer', 'succeeded');
      await eventually('the conversation to end', async () => {
        const handle = temporal.workflow.getHandle(`conversation/${await chat.conversationId()}`);
        return (await handle.describe()).status.name === 'COMPLETED';
      });
      await chat.say(QUESTION);
      await eventually(
        'the second answer',
        async () => (await chat.runs()).filter((r) => r.status === 'succeeded').length === 2,
      );
    },
  },
  {
    name: 'continued-as-new',
    async walk(chat, { temporal }) {
      const execution = async () =>
        (await temporal.workflow.getHandle(`conversation/${await chat.conversationId()}`).describe()).runId;
      await chat.say(ORDER);
      await chat.hears(/номер/i);
      const first = await execution();
      await eventually('another execution', async () => {
        await chat.say('/help');
        await chat.hears('');
        return (await execution()) !== first;
      });
      // The question is still open in the next execution.
      await chat.say(PHONE);
      await chat.run('lead', 'succeeded');
    },
  },
];

/** Services that are away or refuse. */
const failing: RecordedPath[] = [
  {
    name: 'models-away',
    alone: true,
    async walk(chat, { outside }) {
      for (const service of ['ollama', 'openai'] as const) await outside.mischief.takeDown(service);
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
      await outside.mischief.add({
        service: 'bitrix24',
        method: 'crm.item.add',
        kind: 'lose_answer',
        times: 1,
      });
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
      await outside.mischief.add({
        service: 'telegram',
        method: 'sendMessage',
        chatId: chat.id,
        ...forbidden,
      });
      await chat.say(QUESTION);
      await chat.run('answer', 'degraded');
      await chat.say(ORDER);
      await eventually('the lead to end', async () =>
        (await chat.runs()).some((r) => r.processId === 'lead' && r.endedAt !== null),
      );
    },
  },
  {
    name: 'send-unclear',
    alone: true,
    async walk(chat, { outside }) {
      await outside.mischief.add({
        service: 'telegram',
        method: 'sendMessage',
        chatId: chat.id,
        kind: 'lose_answer',
        times: 1,
      });
      await chat.say(QUESTION);
      await chat.run('answer', 'degraded');
    },
  },
];

export const PATHS: readonly RecordedPath[] = [...examples, ...asking, ...conversing, ...failing];
