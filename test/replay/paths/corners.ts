import { begin } from '../../support/begin.ts';
import type { RecordedPath } from './path.ts';

/** Places that no other path comes to, or where others end. */
export const corners: RecordedPath[] = [
  {
    name: 'retention-counted',
    walk: async (_chat, product) => ({
      begun: await begin(product, 'retention', 'counted', { dryRun: true }),
    }),
  },
  {
    name: 'pressed-again',
    async walk(chat) {
      await chat.say('/forget');
      const question = await chat.hears('Удалить');
      const no = question.buttons?.flat().find(({ text }) => text === 'Нет, оставить');
      if (no?.data === undefined || question.messageId === undefined)
        throw new Error('The question has no such button.');
      await chat.press(no.text);
      await chat.run('forget', 'succeeded');
      await chat.press({ data: no.data, messageId: question.messageId });
      await chat.say('/help');
      await chat.hears('/lead');
    },
  },
  {
    name: 'gone-on-after-an-album',
    async walk(chat, { outside: { telegram } }) {
      await telegram.sendAlbum(chat.id, [{ kind: 'photo' }, { kind: 'photo' }]);
      await chat.hears('');
      await chat.say('/lang');
      await chat.hears('');
      await chat.press('Қазақша');
      await chat.hears('');
      await chat.say('/help');
      await chat.hears('/lead');
    },
  },
];
