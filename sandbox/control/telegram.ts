import { Hono } from 'hono';
import { z } from 'zod';
import { unixNow } from '../telegram/context.ts';
import { type Actor, ControlError, type Customers } from '../telegram/customer.ts';
import { postUpdate } from '../telegram/delivery.ts';
import type { SendGovernor } from '../telegram/limits.ts';
import type { BotState, TelegramState } from '../telegram/state.ts';
import { currentMessages, type TranscriptButton } from '../telegram/transcript.ts';
import type { Message } from '../telegram/types.ts';

export interface TelegramControlDeps {
  state: TelegramState;
  customers: Customers;
  governor: SendGovernor;
  /** The bot that `default` names. */
  defaultBot: () => number;
}

const From = z.object({ from: z.number().int().optional() });
const Say = From.extend({ text: z.string(), replyTo: z.number().int().optional() });
const Press = From.extend({
  data: z.string().optional(),
  text: z.string().optional(),
  messageId: z.number().int().optional(),
});
const Contact = From.extend({
  phone: z.string(),
  firstName: z.string().optional(),
  lastName: z.string().optional(),
  own: z.boolean().default(true),
});
const FileItem = z.object({
  kind: z.enum(['voice', 'photo', 'document', 'audio', 'video', 'sticker']),
  caption: z.string().optional(),
  fileName: z.string().optional(),
  mimeType: z.string().optional(),
  /** Announced size; content of that many zero bytes is served unless `base64` is given. */
  size: z.number().int().optional(),
  base64: z.string().optional(),
  duration: z.number().optional(),
  emoji: z.string().optional(),
});
const SendFile = From.extend({ item: FileItem, replyTo: z.number().int().optional() });
const Album = From.extend({ items: z.array(FileItem).min(2).max(10) });
const Location = From.extend({ latitude: z.number(), longitude: z.number() });
const Edit = From.extend({ messageId: z.number().int(), text: z.string() });
const Block = From.extend({ blocked: z.boolean() });
const Limits = z
  .object({ perChatPerSecond: z.number(), perChatBurst: z.number(), perSecond: z.number() })
  .nullable();
const Editing = z.object({ editableMs: z.number().nonnegative() });
const Hook = z
  .object({
    url: z.url().optional(),
    secretToken: z.string().optional(),
    /** What the last delivery is said to have met, now. */
    lastError: z.string().optional(),
  })
  .nullable();
const Resume = z.object({
  order: z.union([z.enum(['as_is', 'reverse']), z.array(z.number())]).default('as_is'),
  concurrently: z.boolean().default(false),
});

/** The content of a message that carries a file. */
function fileContent(state: TelegramState, bot: BotState, item: z.infer<typeof FileItem>): Partial<Message> {
  const { kind, caption, fileName, mimeType, size, base64, duration, emoji } = item;
  const usual = {
    voice: 'audio/ogg',
    audio: 'audio/mpeg',
    video: 'video/mp4',
    document: 'application/octet-stream',
  };
  const mime = mimeType ?? (kind in usual ? usual[kind as keyof typeof usual] : undefined);
  const bytes =
    base64 !== undefined
      ? Buffer.from(base64, 'base64')
      : size === undefined
        ? Buffer.from(`${kind} ${fileName ?? ''}`)
        : undefined;
  const file = state.storeFile(bot, kind, {
    ...(bytes && { bytes }),
    ...(size !== undefined && { file_size: size }),
    ...(fileName !== undefined && { file_name: fileName }),
    ...(mime !== undefined && { mime_type: mime }),
    ...(['voice', 'audio', 'video'].includes(kind) && { duration: duration ?? 3 }),
  });
  const content: Partial<Message> =
    kind === 'photo'
      ? {
          photo: [
            { ...file, width: 90, height: 67, file_size: 1000 },
            { ...file, width: 800, height: 600 },
          ],
        }
      : kind === 'sticker'
        ? {
            sticker: {
              ...file,
              width: 512,
              height: 512,
              type: 'regular',
              ...(emoji !== undefined && { emoji }),
            },
          }
        : { [kind]: file };
  return { ...content, ...(caption !== undefined && { caption }) };
}

/** The newest button with that text, on the message named or on any. */
function findButton(bot: BotState, chatId: number, text: string, messageId: number | undefined) {
  const messages = currentMessages(bot.chats[chatId]?.events ?? []).reverse();
  for (const message of messages) {
    if (message.direction !== 'out' || message.deleted) continue;
    if (messageId !== undefined && message.messageId !== messageId) continue;
    const button = message.buttons?.flat().find((one) => one.text === text);
    if (button) return { message, button };
  }
  const known = messages.flatMap(
    ({ buttons }) => buttons?.flat().map((one: TranscriptButton) => one.text) ?? [],
  );
  throw new ControlError(
    `There is no button "${text}" in chat ${chatId}; there are: ${known.join(', ') || 'none'}.`,
  );
}

/** Customers, updates and transcripts, under `/telegram`. */
export function telegramControl({ state, customers, governor, defaultBot }: TelegramControlDeps): Hono {
  const app = new Hono();
  const botOf = (name: string) => state.bot(name === 'default' ? defaultBot() : Number(name));
  const actor = (chatId: string, from: number | undefined): Actor => ({
    chatId: Number(chatId),
    ...(from !== undefined && { userId: from }),
  });

  app.post('/pause', (c) => {
    state.paused = true;
    return c.json({});
  });
  app.post('/resume', async (c) => {
    const { order, concurrently } = Resume.parse(await c.req.json());
    state.resume(order, concurrently);
    return c.json({});
  });
  app.put('/limits', async (c) => {
    governor.limits = Limits.parse(await c.req.json()) ?? undefined;
    return c.json({});
  });

  app.put('/editing', async (c) => {
    state.editableMs = Editing.parse(await c.req.json()).editableMs;
    return c.json({});
  });

  // What somebody else who has the token does, without the bot's knowledge.
  app.put('/:bot/webhook', async (c) => {
    const bot = botOf(c.req.param('bot'));
    const hook = Hook.parse(await c.req.json());
    const { lastError, ...change } = hook ?? {};
    bot.webhook =
      hook === null || (bot.webhook ?? hook.url) === undefined
        ? undefined
        : {
            ...(bot.webhook ?? { url: '', maxConnections: 40 }),
            ...change,
            ...(lastError !== undefined && { lastErrorDate: unixNow(), lastErrorMessage: lastError }),
          };
    for (const pending of bot.pending) Object.assign(pending, { attempts: 0, notBefore: 0 });
    state.changed();
    state.queued.ring();
    return c.json({});
  });
  app.get('/:bot', (c) => {
    const { id, webhook, pending, commands, allowedUpdates, chats } = botOf(c.req.param('bot'));
    return c.json({
      id,
      webhook,
      commands,
      allowedUpdates,
      pending: pending.map(({ update }) => update),
      chats: Object.values(chats).map(({ chat }) => chat),
    });
  });
  app.post('/:bot/updates', async (c) =>
    c.json(customers.inject(botOf(c.req.param('bot')), await c.req.json())),
  );
  app.post('/:bot/redeliver', async (c) => {
    const bot = botOf(c.req.param('bot'));
    const { updateId, url } = z
      .object({ updateId: z.number(), url: z.string().optional() })
      .parse(await c.req.json());
    if (url === undefined) {
      if (!state.requeue(bot, updateId)) throw new ControlError(`Update ${updateId} is not known.`);
      return c.json({});
    }
    const update = bot.recent.find((one) => one.update_id === updateId);
    if (!update) throw new ControlError(`Update ${updateId} is not known.`);
    return c.json(
      await postUpdate(
        { url, ...(bot.webhook?.secretToken && { secretToken: bot.webhook.secretToken }) },
        update,
        30_000,
      ),
    );
  });
  app.put('/:bot/users/:user', async (c) =>
    c.json(customers.profile(botOf(c.req.param('bot')), Number(c.req.param('user')), await c.req.json())),
  );
  app.put('/:bot/groups/:group', async (c) =>
    c.json(customers.group(botOf(c.req.param('bot')), Number(c.req.param('group')), await c.req.json())),
  );

  app.get('/:bot/chats/:chat/transcript', async (c) => {
    const bot = botOf(c.req.param('bot'));
    const after = Number(c.req.query('after') ?? 0);
    const wait = Math.min(60_000, Number(c.req.query('wait') ?? 0));
    const look = () => {
      const events = (bot.chats[c.req.param('chat')]?.events ?? []).filter(({ seq }) => seq > after);
      return events.length > 0 ? events : undefined;
    };
    const events = (await state.happened.until(look, wait, c.req.raw.signal)) ?? [];
    const all = bot.chats[c.req.param('chat')]?.events ?? [];
    return c.json({ events, messages: currentMessages(all), cursor: all.at(-1)?.seq ?? after });
  });

  const chats = '/:bot/chats/:chat';
  app.post(`${chats}/say`, async (c) => {
    const { text, replyTo, from } = Say.parse(await c.req.json());
    return c.json(
      customers.send(botOf(c.req.param('bot')), actor(c.req.param('chat'), from), { text }, replyTo),
    );
  });
  app.post(`${chats}/press`, async (c) => {
    const { data, text, messageId, from } = Press.parse(await c.req.json());
    const bot = botOf(c.req.param('bot'));
    const who = actor(c.req.param('chat'), from);
    if (data !== undefined) return c.json(customers.press(bot, who, data, messageId));
    if (text === undefined) throw new ControlError('Say which button: data or text.');
    const { message, button } = findButton(bot, who.chatId, text, messageId);
    if (button.data !== undefined) return c.json(customers.press(bot, who, button.data, message.messageId));
    if (message.keyboard !== 'reply')
      throw new ControlError(`The button "${text}" opens ${button.url}; it cannot be pressed.`);
    if (!button.requestContact) return c.json(customers.send(bot, who, { text }));
    const user = customers.profile(bot, who.userId ?? who.chatId);
    const contact = {
      phone_number: `7701${String(user.id).padStart(7, '0').slice(-7)}`,
      first_name: user.first_name,
      user_id: user.id,
    };
    return c.json(customers.send(bot, who, { contact }, message.messageId));
  });
  app.post(`${chats}/contact`, async (c) => {
    const { phone, firstName, lastName, own, from } = Contact.parse(await c.req.json());
    const bot = botOf(c.req.param('bot'));
    const who = actor(c.req.param('chat'), from);
    const user = customers.profile(bot, who.userId ?? who.chatId);
    const contact = {
      phone_number: phone,
      first_name: firstName ?? user.first_name,
      ...(lastName !== undefined && { last_name: lastName }),
      ...(own && { user_id: user.id }),
    };
    return c.json(customers.send(bot, who, { contact }));
  });
  app.post(`${chats}/file`, async (c) => {
    const { item, replyTo, from } = SendFile.parse(await c.req.json());
    const bot = botOf(c.req.param('bot'));
    return c.json(
      customers.send(bot, actor(c.req.param('chat'), from), fileContent(state, bot, item), replyTo),
    );
  });
  app.post(`${chats}/album`, async (c) => {
    const { items, from } = Album.parse(await c.req.json());
    const bot = botOf(c.req.param('bot'));
    const media_group_id = `${Date.now()}${bot.nextFile}`;
    const sent = items.map((item) =>
      customers.send(bot, actor(c.req.param('chat'), from), {
        ...fileContent(state, bot, item),
        media_group_id,
      }),
    );
    return c.json({ albumId: media_group_id, sent });
  });
  app.post(`${chats}/location`, async (c) => {
    const { from, ...location } = Location.parse(await c.req.json());
    return c.json(customers.send(botOf(c.req.param('bot')), actor(c.req.param('chat'), from), { location }));
  });
  app.post(`${chats}/edit`, async (c) => {
    const { messageId, text, from } = Edit.parse(await c.req.json());
    return c.json(
      customers.edit(botOf(c.req.param('bot')), actor(c.req.param('chat'), from), messageId, text),
    );
  });
  app.post(`${chats}/block`, async (c) => {
    const { blocked, from } = Block.parse(await c.req.json());
    return c.json(customers.setBlocked(botOf(c.req.param('bot')), actor(c.req.param('chat'), from), blocked));
  });

  return app;
}
