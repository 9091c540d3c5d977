import { describe, expect, it } from 'vitest';
import { parseUpdate, updateId } from './parse.ts';

const now = new Date('2026-01-02T03:04:05Z');
const from = {
  id: 501,
  is_bot: false,
  first_name: 'Анна',
  last_name: 'К',
  username: 'anna',
  language_code: 'ru',
};
const chat = { id: 501, type: 'private', first_name: 'Анна' };
const frame = { message_id: 17, date: 1_790_000_000, chat, from };
const file = { file_id: 'F', file_unique_id: 'U' };

const parse = (update: unknown, botUsername?: string) => parseUpdate(update, { now, botUsername });
const message = (fields: object, botUsername?: string) =>
  parse({ update_id: 1, message: { ...frame, ...fields } }, botUsername);

describe('a message in a private chat', () => {
  it('carries chat, sender, id and time', () => {
    expect(message({ text: 'Привет' })).toEqual({
      kind: 'message',
      chatId: '501',
      channelMessageId: '17',
      sender: {
        channelUserId: '501',
        firstName: 'Анна',
        lastName: 'К',
        username: 'anna',
        languageCode: 'ru',
      },
      contentType: 'text',
      content: 'Привет',
      metadata: {},
      sentAt: new Date(1_790_000_000_000),
    });
  });

  it.each([
    [
      'voice',
      { voice: { ...file, duration: 7, mime_type: 'audio/ogg', file_size: 28 } },
      'audio',
      { kind: 'voice', duration: 7, mimeType: 'audio/ogg', size: 28 },
    ],
    ['audio', { audio: { ...file, file_name: 'a.mp3' } }, 'audio', { kind: 'audio', fileName: 'a.mp3' }],
    ['video note', { video_note: file }, 'audio', { kind: 'video_note' }],
    [
      'document',
      { document: { ...file, file_name: 'a.pdf' } },
      'file',
      { kind: 'document', fileName: 'a.pdf' },
    ],
    ['video', { video: file }, 'file', { kind: 'video' }],
    [
      'animation, which comes with a document',
      { document: file, animation: file },
      'file',
      { kind: 'animation' },
    ],
    [
      'photo in its largest size',
      {
        photo: [
          { ...file, file_id: 'small' },
          { ...file, file_size: 9 },
        ],
      },
      'image',
      { kind: 'photo', size: 9 },
    ],
  ])('may hold a %s with caption', (_name, fields, contentType, media) => {
    expect(message({ ...fields, caption: 'подпись' })).toMatchObject({
      contentType,
      content: 'подпись',
      metadata: { media: [{ fileId: 'F', fileUniqueId: 'U', ...media }] },
    });
  });

  it.each([
    ['/start', { name: 'start', args: '' }],
    ['/start ref_42', { name: 'start', args: 'ref_42' }],
    ['/LANG\nkk', { name: 'lang', args: 'kk' }],
    ['/help@OurBot', { name: 'help', args: '' }],
    ['/help@ourbot x', { name: 'help', args: 'x' }],
  ])('%j is a command', (text, command) => {
    expect(message({ text }, 'OurBot')).toMatchObject({
      contentType: 'text',
      content: text,
      metadata: { command },
    });
  });

  it.each(['/help@OtherBot', '/', '/старт', '/a-b', 'see /help', '/100%', '//x'])('%j is none', (text) => {
    expect(message({ text }, 'OurBot')).toMatchObject({ contentType: 'text', content: text, metadata: {} });
  });

  it.each([
    [501, true],
    [502, false],
    [undefined, false],
  ])('holds a contact of user %s: verified %s', (user_id, verified) => {
    expect(message({ contact: { phone_number: '+77011234567', first_name: 'Анна', user_id } })).toMatchObject(
      {
        contentType: 'contact',
        content: 'Анна +77011234567',
        metadata: { contact: { phone: '+77011234567', name: 'Анна', verified } },
      },
    );
  });

  it('holds places, stickers, quotes and albums', () => {
    const location = { latitude: 43.2, longitude: 76.9 };
    expect(message({ location })).toMatchObject({
      contentType: 'location',
      content: '43.2, 76.9',
      metadata: { location },
    });
    expect(message({ location, venue: { location, title: 'Кафе', address: 'Абая 1' } })).toMatchObject({
      contentType: 'location',
      content: 'Кафе, Абая 1',
    });
    expect(message({ sticker: { ...file, emoji: '👍' } })).toMatchObject({
      contentType: 'sticker',
      content: '👍',
    });
    expect(message({ text: 'a', reply_to_message: { message_id: 9 }, media_group_id: 'g' })).toMatchObject({
      metadata: { replyTo: '9', albumId: 'g' },
    });
  });

  it.each(['poll', 'dice', 'story', 'paid_media', 'checklist', 'a_kind_of_next_year'])(
    'of an unknown kind is unsupported, not lost: %s',
    (kind) => {
      expect(message({ [kind]: { a: 1 }, forward_origin: {}, has_protected_content: true })).toMatchObject({
        contentType: 'unsupported',
        content: '',
        metadata: { platformKind: kind },
      });
    },
  );

  it('that only announces something is ignored', () => {
    for (const kind of [
      'pinned_message',
      'migrate_to_chat_id',
      'new_chat_title',
      'forum_topic_created',
      'write_access_allowed',
    ])
      expect(message({ [kind]: { a: 1 } })).toEqual({ kind: 'ignored', reason: 'unknown_shape' });
    expect(message({})).toEqual({ kind: 'ignored', reason: 'unknown_shape' });
  });

  it('survives fields of the wrong shape', () => {
    expect(
      message({ text: 'a', reply_to_message: 'x', media_group_id: 7, edit_date: 'now', date: -1 }),
    ).toMatchObject({
      content: 'a',
      metadata: {},
      sentAt: now,
    });
    expect(message({ voice: { duration: 3 } })).toMatchObject({ contentType: 'unsupported' });
    expect(message({ text: 'a', date: 9e15 })).toMatchObject({ sentAt: now });
    expect(parse({ update_id: 1, message: { message_id: 1, chat, text: 'a' } })).toMatchObject({
      sender: { channelUserId: '501' },
      sentAt: now,
    });
  });
});

describe('an edit', () => {
  it('names its original and has an id of its own', () => {
    const edited_message = { ...frame, text: 'новое', edit_date: 1_790_000_060 };
    expect(parse({ update_id: 1, edited_message })).toMatchObject({
      channelMessageId: '17:e1790000060',
      content: 'новое',
      metadata: { edits: '17' },
      sentAt: new Date(1_790_000_060_000),
    });
  });
});

describe('a pressed button', () => {
  const callback = (fields: object) =>
    parse({ update_id: 1, callback_query: { id: 'C1', from, chat_instance: 'i', ...fields } });

  it('carries its data and the message it stands under', () => {
    expect(callback({ data: 'w:1', message: { ...frame, text: 'вопрос' } })).toEqual({
      kind: 'message',
      chatId: '501',
      channelMessageId: 'cb:C1',
      sender: expect.objectContaining({ channelUserId: '501' }),
      contentType: 'button',
      content: 'w:1',
      metadata: { button: { data: 'w:1', callbackId: 'C1', messageId: '17' } },
      sentAt: now,
    });
  });

  it('may stand under a message that is no longer accessible, or absent', () => {
    expect(callback({ data: 'd', message: { message_id: 3, chat, date: 0 } })).toMatchObject({
      sentAt: now,
      metadata: { button: { messageId: '3' } },
    });
    expect(callback({ data: 'd' })).toMatchObject({
      chatId: '501',
      metadata: { button: { data: 'd', callbackId: 'C1' } },
    });
    expect(callback({})).toMatchObject({ content: '' });
  });

  it('in a group or under an inline message is ignored', () => {
    expect(callback({ message: { message_id: 3, chat: { id: -5, type: 'group' } } })).toEqual({
      kind: 'ignored',
      reason: 'not_private',
    });
    expect(callback({ inline_message_id: 'x' })).toEqual({ kind: 'ignored', reason: 'not_private' });
  });
});

describe('membership', () => {
  const member = (status: string, type = 'private') =>
    parse({
      update_id: 1,
      my_chat_member: { chat: { id: 501, type }, from, date: 1, new_chat_member: { status, user: from } },
    });

  it('tells who blocked and unblocked the bot', () => {
    expect(member('kicked')).toMatchObject({ kind: 'membership', chatId: '501', status: 'blocked' });
    expect(member('member')).toMatchObject({ kind: 'membership', chatId: '501', status: 'unblocked' });
  });

  it('says nothing in groups or for other changes', () => {
    expect(member('kicked', 'supergroup')).toEqual({ kind: 'ignored', reason: 'not_private' });
    expect(member('administrator')).toEqual({ kind: 'ignored', reason: 'unknown_shape' });
  });
});

describe('everything else is ignored without an error', () => {
  it.each([
    ['a group', { message: { ...frame, chat: { id: -1, type: 'supergroup' }, text: 'a' } }, 'not_private'],
    [
      'a channel',
      { message: { message_id: 1, chat: { id: -1, type: 'channel' }, text: 'a' } },
      'not_private',
    ],
    ['another bot', { message: { ...frame, from: { ...from, is_bot: true }, text: 'a' } }, 'from_bot'],
    ['a kind of update not asked for', { inline_query: {} }, 'unknown_shape'],
    ['a message without id', { message: { chat, from, text: 'a' } }, 'unknown_shape'],
    ['a message of text', { message: 'hello' }, 'unknown_shape'],
  ])('%s', (_name, payload, reason) => {
    expect(parse({ update_id: 1, ...payload })).toEqual({ kind: 'ignored', reason });
  });

  it('whatever the value', () => {
    const hostile = JSON.parse(
      '{"message":{"__proto__":{"x":1},"message_id":1,"chat":{"id":1,"type":"private"}}}',
    );
    for (const raw of [undefined, null, 1, 'x', [], {}, { message: null }, { callback_query: {} }, hostile])
      expect(parse(raw)).toEqual({ kind: 'ignored', reason: 'unknown_shape' });
  });
});

describe('the number of an update', () => {
  it.each([
    [{ update_id: 7 }, 7],
    [{ update_id: 0 }, 0],
    [{ update_id: '7' }, undefined],
    [{ update_id: 1.5 }, undefined],
    [{ update_id: 2 ** 60 }, undefined],
    [{}, undefined],
    [null, undefined],
    ['7', undefined],
  ])('%j → %s', (raw, expected) => {
    expect(updateId(raw)).toBe(expected);
  });
});
