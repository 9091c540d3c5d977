import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handled, noRunBy } from '../support/conversation.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

describe('a message that is no text', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'conversation-content', timing: { workingOnItMs: 60_000 } });
  });
  afterAll(() => product.stop());

  describe('of a kind that nobody reads yet gets a true sentence', () => {
    it.each([
      { kind: 'voice' as const, says: 'Голосовые сообщения я пока не понимаю' },
      { kind: 'audio' as const, says: 'Голосовые сообщения я пока не понимаю' },
      { kind: 'photo' as const, says: 'Фото получил' },
      { kind: 'document' as const, says: 'Файл получил' },
      { kind: 'video' as const, says: 'Видео получил' },
    ])('$kind', async ({ kind, says }) => {
      const chat = product.chat();
      await product.outside.telegram.sendFile(chat.id, { kind });
      await chat.hears(says);
      await noRunBy(chat, 1);
    });

    it('location', async () => {
      const chat = product.chat();
      await product.outside.telegram.sendLocation(chat.id, 43.2, 76.9);
      await chat.hears('Место на карте получил');
    });

    it('a live location that moves is answered once', async () => {
      const chat = product.chat();
      await product.outside.telegram.sendLocation(chat.id, 43.2, 76.9);
      const { messageId } = await chat.hears('Место на карте');
      const message_id = (messageId ?? 2) - 1;
      for (const latitude of [43.3, 43.4]) {
        await product.outside.telegram.inject({
          edited_message: {
            message_id,
            from: { id: chat.id, is_bot: false, first_name: 'A' },
            chat: { id: chat.id, type: 'private', first_name: 'A' },
            date: 1_700_000_000,
            edit_date: 1_700_000_000 + Math.round(latitude * 10),
            location: { latitude, longitude: 76.9 },
          },
        });
      }
      await noRunBy(chat, 3);
      expect(await chat.said()).toHaveLength(1);
    });

    it('a poll', async () => {
      const chat = product.chat();
      await chat.say('/start');
      await chat.hears('помощник');
      await product.outside.telegram.inject({
        message: {
          message_id: 9_001,
          from: { id: chat.id, is_bot: false, first_name: 'A' },
          chat: { id: chat.id, type: 'private', first_name: 'A' },
          date: 1_700_000_000,
          poll: { id: '1', question: '?' },
        },
      });
      await chat.hears('Такие сообщения я пока не понимаю');
    });

    it('a caption is read', async () => {
      const chat = product.chat();
      await product.outside.telegram.sendFile(chat.id, { kind: 'photo', caption: 'Где Ф1;?' });
      await chat.hears('Ф1;');
    });
  });

  it('an album is one message and gets one answer; its caption is read', async () => {
    const chat = product.chat();
    const photos = [{ kind: 'photo' as const }, { kind: 'photo' as const }, { kind: 'photo' as const }];
    await product.outside.telegram.sendAlbum(chat.id, photos);
    await chat.hears('Альбом получил и сохранил целиком (3)');
    await product.outside.telegram.sendAlbum(chat.id, [
      { kind: 'photo' },
      { kind: 'photo', caption: 'Где Х1;?' },
    ]);
    await chat.hears('Х1;');
    await handled(chat, 5);
    await chat.settled();
    expect(await chat.said()).toHaveLength(2);
  });

  it('an item that comes after its album was answered is silent', async () => {
    const chat = product.chat();
    await chat.say('/start');
    await chat.hears('помощник');
    const photo = (message_id: number) => ({
      message: {
        message_id,
        from: { id: chat.id, is_bot: false, first_name: 'A' },
        chat: { id: chat.id, type: 'private', first_name: 'A' },
        date: 1_700_000_000,
        media_group_id: 'late',
        photo: [{ file_id: `f${message_id}`, file_unique_id: `u${message_id}`, width: 9, height: 9 }],
      },
    });
    for (const id of [9_101, 9_102]) await product.outside.telegram.inject(photo(id));
    await chat.hears('целиком (2)');
    await product.outside.telegram.inject(photo(9_103));
    await handled(chat, 4);
    await chat.settled();
    expect(await chat.said()).toHaveLength(2);
  });

  it('a contact outside a question begins a lead', async () => {
    const chat = product.chat();
    await chat.shareContact({ phone: '+77015550011', firstName: 'Айгуль' });
    await eventually('a question', async () => (await chat.view()).waits.some((w) => w.armed));
    const run = await chat.run('lead', 'waiting_user');
    expect(run.waitingOn).toBe('customer');
  });
});
