import fc, { type Arbitrary } from 'fast-check';
import { anything, nastyText } from './schema.ts';

/** Mostly this; now and then anything else. */
const or = (arbitrary: Arbitrary<unknown>): Arbitrary<unknown> =>
  fc.oneof({ weight: 20, arbitrary }, { weight: 1, arbitrary: anything });

const id = or(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.maxSafeInteger()));
const words = or(
  fc.oneof(
    fc.constantFrom(
      '/start',
      '/help',
      '/lang kk',
      '/cancel',
      '/lead',
      '/forget',
      'Сколько стоит доставка?',
      'да',
      '👍',
    ),
    nastyText,
  ),
);
const user = or(
  fc.record(
    {
      id,
      is_bot: or(fc.constant(false)),
      first_name: words,
      last_name: words,
      username: words,
      language_code: words,
    },
    { requiredKeys: ['id', 'is_bot', 'first_name'] },
  ),
);
const chat = or(
  fc.record({
    id,
    type: or(fc.constantFrom('private', 'private', 'private', 'group', 'supergroup', 'channel')),
  }),
);
const file = or(
  fc.record(
    {
      file_id: words,
      file_unique_id: words,
      file_size: id,
      mime_type: words,
      file_name: words,
      duration: id,
      width: id,
      height: id,
    },
    { requiredKeys: ['file_id', 'file_unique_id'] },
  ),
);
const entity = or(
  fc.record({
    type: or(fc.constantFrom('bot_command', 'url', 'bold', 'custom_emoji')),
    offset: id,
    length: id,
  }),
);
const message: Arbitrary<unknown> = fc.letrec<{ message: unknown }>((tie) => ({
  message: fc.record(
    {
      message_id: id,
      date: or(fc.oneof(fc.integer({ min: 0, max: 2 ** 31 }), fc.maxSafeInteger())),
      chat,
      from: user,
      text: words,
      caption: words,
      entities: or(fc.array(entity, { maxLength: 3 })),
      photo: or(fc.array(file, { maxLength: 3 })),
      voice: file,
      document: file,
      media_group_id: words,
      contact: or(fc.record({ phone_number: words, first_name: words, user_id: id })),
      location: or(fc.record({ latitude: or(fc.double()), longitude: or(fc.double()) })),
      reply_to_message: fc.option(tie('message'), { maxDepth: 1, depthIdentifier: 'reply' }),
      sticker: file,
    },
    { requiredKeys: ['message_id', 'date', 'chat', 'from'] },
  ),
})).message;

/** Updates as Telegram delivers them, with something wrong at any place. */
export const telegramUpdate: Arbitrary<unknown> = fc.oneof(
  { weight: 10, arbitrary: fc.record({ update_id: fc.nat(), message: or(message) }) },
  { weight: 2, arbitrary: fc.record({ update_id: fc.nat(), edited_message: or(message) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      update_id: fc.nat(),
      callback_query: or(
        fc.record(
          { id: words, from: user, message: or(message), data: words, chat_instance: words },
          { requiredKeys: ['id', 'from'] },
        ),
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      update_id: fc.nat(),
      my_chat_member: or(
        fc.record({ chat, from: user, date: id, new_chat_member: or(fc.record({ status: words, user })) }),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ update_id: or(fc.nat()), [`future_kind`]: anything }) },
);
