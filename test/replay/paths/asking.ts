import type { Chat } from '../../support/chat.ts';
import { eventually } from '../../support/eventually.ts';
import { leadEnded, ORDER, PHONE, type RecordedPath } from './path.ts';

async function askedForThePhone(chat: Chat): Promise<void> {
  await chat.say(ORDER);
  await chat.hears(/номер/i);
}

/** What is written instead of the phone becomes a run of its own; then the phone is told. */
const amid =
  (words: string, process: string): RecordedPath['walk'] =>
  async (chat) => {
    await askedForThePhone(chat);
    await chat.say(words);
    await chat.run(process, 'succeeded');
    await chat.hears(/вернёмся/i);
    await chat.say(PHONE);
    await chat.run('lead', 'succeeded');
  };

/** Questions that a run asks, and what customers do instead of answering. */
export const asking: RecordedPath[] = [
  { name: 'own-question', walk: amid('А доставка у вас есть?', 'answer') },
  { name: 'person-wanted-amid-a-question', walk: amid('Позовите оператора', 'request') },
  {
    name: 'reply-unclear',
    async walk(chat) {
      await chat.say(ORDER);
      for (const reply of ['123', 'позже скажу', 'нет']) {
        await chat.hears(/номер/i);
        await chat.say(reply);
      }
      await leadEnded(chat);
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
      await leadEnded(chat);
    },
  },
  {
    name: 'cancel',
    async walk(chat) {
      await askedForThePhone(chat);
      await chat.say('/cancel');
      await chat.run('lead', 'cancelled');
    },
  },
  {
    name: 'two-questions-at-once',
    async walk(chat) {
      await askedForThePhone(chat);
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
