import { z } from 'zod';

/** A field that only helps: a value of another shape counts as absent rather than spoiling the update. */
const helpful = <T extends z.ZodType>(schema: T) => schema.optional().catch(undefined);

const id = z.number().int();
const text = helpful(z.string());
const count = helpful(z.number().nonnegative());

const user = z.object({
  id,
  is_bot: z.boolean().catch(false),
  first_name: text,
  last_name: text,
  username: text,
  language_code: text,
});

const chat = z.object({ id, type: z.string() });

const file = z.object({
  file_id: z.string(),
  file_unique_id: z.string(),
  file_name: text,
  mime_type: text,
  file_size: count,
  duration: count,
});

const location = z.object({ latitude: z.number(), longitude: z.number() });

/** Other fields are kept, because the name of an unknown one tells what was sent. */
const message = z.looseObject({
  message_id: id,
  chat,
  from: helpful(user),
  date: count,
  edit_date: count,
  text,
  caption: text,
  media_group_id: text,
  reply_to_message: helpful(z.object({ message_id: id })),
  voice: helpful(file),
  audio: helpful(file),
  video_note: helpful(file),
  video: helpful(file),
  animation: helpful(file),
  document: helpful(file),
  photo: helpful(z.array(file).nonempty()),
  sticker: helpful(z.object({ emoji: text })),
  contact: helpful(
    z.object({ phone_number: z.string(), first_name: text, last_name: text, user_id: helpful(id) }),
  ),
  location: helpful(location),
  venue: helpful(z.object({ location, title: text, address: text })),
});

const callbackQuery = z.object({
  id: z.string(),
  from: user,
  data: text,
  inline_message_id: text,
  // Too old to be shown again: date 0, and nothing but ids.
  message: helpful(z.object({ message_id: id, chat })),
});

const membership = z.object({ chat, from: user, new_chat_member: z.object({ status: z.string() }) });

/** One update. Exactly one of the payloads is expected; unknown ones leave all four absent. */
export const updateShape = z.object({
  update_id: helpful(id),
  message: helpful(message),
  edited_message: helpful(message),
  callback_query: helpful(callbackQuery),
  my_chat_member: helpful(membership),
});

export type TelegramUser = z.infer<typeof user>;
export type TelegramFile = z.infer<typeof file>;
export type TelegramMessage = z.infer<typeof message>;
export type TelegramCallback = z.infer<typeof callbackQuery>;
export type TelegramMembership = z.infer<typeof membership>;
