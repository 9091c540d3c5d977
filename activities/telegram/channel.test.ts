import { describe, expect, it } from 'vitest';
import { botApi, never, reply, TOKEN } from './loopback.fixture.ts';

const sent = () => ({ message_id: 77 });

describe('sending', () => {
  it('passes text and entities, never a parse mode, and reports the platform id', async () => {
    const { channel, calls } = await botApi(sent);
    const attempt = await channel.send(
      '501',
      {
        text: '*a* b c',
        entities: [
          { type: 'bold', offset: 0, length: 3 },
          { type: 'text_link', offset: 4, length: 1, url: 'https://x.kz' },
          { type: 'pre', offset: 6, length: 1, language: 'js' },
        ],
      },
      never,
    );
    expect(attempt).toEqual({ kind: 'sent', channelMessageId: '77' });
    expect(calls).toEqual([
      {
        method: 'sendMessage',
        body: {
          chat_id: 501,
          text: '*a* b c',
          link_preview_options: { is_disabled: true },
          entities: [
            { type: 'bold', offset: 0, length: 3 },
            { type: 'text_link', offset: 4, length: 1, url: 'https://x.kz' },
            { type: 'pre', offset: 6, length: 1, language: 'js' },
          ],
        },
      },
    ]);
  });

  it('puts buttons under the message', async () => {
    const { channel, calls } = await botApi(sent);
    const buttons = [
      [
        { text: 'Да', data: 'w:1' },
        { text: 'Сайт', url: 'https://x.kz' },
      ],
    ];
    await channel.send('501', { text: 't', entities: [], buttons }, never);
    expect(calls[0]?.body.reply_markup).toEqual({
      inline_keyboard: [
        [
          { text: 'Да', callback_data: 'w:1' },
          { text: 'Сайт', url: 'https://x.kz' },
        ],
      ],
    });
  });

  it('asks for the contact with a keyboard that holds the choices too', async () => {
    const { channel, calls } = await botApi(sent);
    const chunk = {
      text: 't',
      entities: [],
      requestContact: 'Отправить номер',
      buttons: [[{ text: 'Нет', data: 'n' }]],
    };
    await channel.send('501', chunk, never);
    expect(calls[0]?.body.reply_markup).toEqual({
      keyboard: [[{ text: 'Отправить номер', request_contact: true }], [{ text: 'Нет' }]],
      resize_keyboard: true,
      one_time_keyboard: true,
    });
  });

  it('is done once, whatever the answer', async () => {
    for (const status of [400, 403, 429, 500]) {
      const { channel, calls } = await botApi((_call, response) =>
        reply(response, status, { ok: false, error_code: status, description: 'x' }),
      );
      await channel.send('501', { text: 't', entities: [] }, never);
      expect(calls).toHaveLength(1);
    }
  });

  it('puts the token into the path and nowhere else', async () => {
    let url: string | undefined;
    const { channel } = await botApi((_call, _response, request) => {
      url = request.url;
      return sent();
    });
    await channel.send('501', { text: 't', entities: [] }, never);
    expect(url).toBe(`/bot${TOKEN}/sendMessage`);
  });
});

describe('small gestures', () => {
  it('show typing, take buttons off and end the spinner', async () => {
    const { channel, calls } = await botApi(() => true);
    await channel.typing('501', never);
    await channel.removeButtons('501', '17', never);
    await channel.acknowledgeButton('cq1', `${'x'.repeat(198)}😀😀`, never);
    expect(calls.map(({ method, body }) => [method, body])).toEqual([
      ['sendChatAction', { chat_id: 501, action: 'typing' }],
      ['editMessageReplyMarkup', { chat_id: 501, message_id: 17 }],
      ['answerCallbackQuery', { callback_query_id: 'cq1', text: `${'x'.repeat(198)}…` }],
    ]);
  });

  it('do not mind being needless or late', async () => {
    const { channel } = await botApi((call, response) =>
      reply(response, 400, {
        ok: false,
        error_code: 400,
        description:
          call.method === 'answerCallbackQuery'
            ? 'Bad Request: query is too old and response timeout expired or query ID is invalid'
            : 'Bad Request: message is not modified: specified new message content is the same',
      }),
    );
    await channel.removeButtons('501', '17', never);
    await channel.acknowledgeButton('cq1', undefined, never);
  });

  it('report anything else as a provider failure', async () => {
    const { channel } = await botApi((_call, response) =>
      reply(response, 403, {
        ok: false,
        error_code: 403,
        description: 'Forbidden: bot was blocked by the user',
      }),
    );
    await expect(channel.typing('501', never)).rejects.toMatchObject({ class: 'refused', status: 403 });
  });
});

describe('the account', () => {
  const url = 'https://bot.example.kz/webhooks/telegram/default';
  const allowed = ['callback_query', 'message', 'edited_message', 'my_chat_member'];
  const webhookApi = (held: Record<string, unknown>) => {
    const state = { ...held };
    return botApi(({ method, body }) => {
      if (method === 'setWebhook')
        Object.assign(state, { url: body.url, allowed_updates: body.allowed_updates });
      return method === 'getWebhookInfo' ? { pending_update_count: 0, ...state } : true;
    });
  };

  it('keeps a webhook that is as it should be', async () => {
    const { channel, calls } = await webhookApi({ url, allowed_updates: allowed });
    expect(await channel.ensureWebhook({ url, secret: 's' })).toMatchObject({
      changed: false,
      info: { url },
    });
    expect(calls.map((call) => call.method)).toEqual(['getWebhookInfo']);
  });

  it.each([
    ['the address', { url: 'https://old.example.kz', allowed_updates: allowed }, false],
    ['the kinds of update', { url, allowed_updates: ['message'] }, false],
    ['kinds never named', { url }, false],
    ['the secret, as the caller knows', { url, allowed_updates: allowed }, true],
  ])('sets it when something differs: %s', async (_name, held, secretChanged) => {
    const { channel, calls } = await webhookApi(held);
    expect(await channel.ensureWebhook({ url, secret: 's', secretChanged })).toMatchObject({
      changed: true,
      info: { url },
    });
    expect(calls.map((call) => call.method)).toEqual(['getWebhookInfo', 'setWebhook', 'getWebhookInfo']);
    expect(calls[1]?.body).toMatchObject({ url, secret_token: 's' });
  });

  it('has a menu per language and one for all others', async () => {
    const { channel, calls } = await botApi(() => true);
    const menu = [{ command: 'start', description: 'Начать' }];
    await channel.setCommands({ ru: menu, kk: menu, en: menu }, 'ru');
    expect(calls.map((call) => call.body.language_code)).toEqual(['kk', 'en', undefined]);
    await channel.deleteWebhook();
    expect(calls.at(-1)?.method).toBe('deleteWebhook');
  });

  it('polls for updates and hands them on as they came', async () => {
    const update = { update_id: 5, strange: { a: 1 } };
    const { channel, calls } = await botApi(() => [update]);
    expect(await channel.getUpdates({ offset: 5, timeoutSeconds: 0, signal: never })).toEqual([update]);
    expect(calls[0]?.body).toMatchObject({ offset: 5, timeout: 0, limit: 100 });
  });

  it('ends a long poll when told to', async () => {
    const stop = new AbortController();
    const { channel } = await botApi(() => stop.abort());
    await expect(channel.getUpdates({ timeoutSeconds: 50, signal: stop.signal })).rejects.toMatchObject({
      class: 'unavailable',
    });
  });

  it('learns its name, which decides whose command a command is', async () => {
    const { channel } = await botApi(() => ({ id: 1, is_bot: true, first_name: 'B', username: 'OurBot' }));
    const update = (text: string) => ({
      update_id: 1,
      message: {
        message_id: 1,
        date: 1,
        chat: { id: 5, type: 'private' },
        from: { id: 5, is_bot: false },
        text,
      },
    });
    expect(channel.parse(update('/start@other_bot'))).toMatchObject({
      metadata: { command: { name: 'start' } },
    });
    await channel.getMe();
    expect(channel.parse(update('/start@other_bot'))).toMatchObject({ metadata: {} });
    expect(channel.parse(update('/Start@ourbot ref 1'))).toMatchObject({
      metadata: { command: { name: 'start', args: 'ref 1' } },
    });
  });
});
