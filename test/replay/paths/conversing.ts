import type { Chat } from '../../support/chat.ts';
import { eventually } from '../../support/eventually.ts';
import type { Product } from '../../support/stack.ts';
import { ORDER, PHONE, QUESTION, type RecordedPath } from './path.ts';

/** What the conversation does by itself. */
export const conversing: RecordedPath[] = [
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
    name: 'not-forgotten-after-all',
    async walk(chat) {
      await chat.say(ORDER);
      await chat.hears(/номер/i);
      // Asked beside the open question, which still stands afterwards.
      await chat.say('/forget');
      await chat.hears('Удалить');
      await chat.press('Нет, оставить');
      await chat.run('forget', 'succeeded');
      await chat.say(PHONE);
      await chat.run('lead', 'succeeded');
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
    walk: (chat, product) =>
      whileAnswering(chat, product, async () => {
        await chat.say('И сколько ждать?');
      }),
  },
  {
    name: 'edited-while-answering',
    alone: true,
    walk: (chat, product) =>
      whileAnswering(chat, product, async (messageId) => {
        await chat.edit(messageId, 'Сколько стоит доставка за город?');
      }),
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

/** Lets the customer do something to the question that is being answered, until the model is asked anew. */
async function whileAnswering(
  chat: Chat,
  { outside, settings }: Product,
  act: (messageId: number) => Promise<void>,
): Promise<void> {
  const model = settings.llm.roles.main[0]?.model ?? '';
  const slow = await outside.mischief.add({ service: 'ollama', model, contains: 'доставка', kind: 'hold' });
  const { messageId } = await chat.say(QUESTION);
  await outside.mischief.waitForHeld(slow.id);
  await act(messageId);
  await eventually('another attempt', async () => (await outside.mischief.get(slow.id)).matched > 1);
  await outside.mischief.remove(slow.id);
  await chat.run('answer', 'succeeded');
}
