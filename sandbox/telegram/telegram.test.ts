import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSandboxClient, type SandboxClient } from '../client.ts';
import { SANDBOX_DEFAULTS } from '../defaults.ts';
import { type Sandbox, startSandbox } from '../index.ts';

const CHAT = 501;
let sandbox: Sandbox;
let client: SandboxClient;
let receiver: Server | undefined;

interface Reply {
  ok: boolean;
  result?: Record<string, unknown> & { message_id: number };
  description?: string;
  error_code?: number;
}

async function call(method: string, body: unknown = {}): Promise<Reply> {
  const response = await fetch(`${sandbox.urls.telegram}/bot${SANDBOX_DEFAULTS.botToken}/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Reply;
}

const say = (text: string, more = {}) => call('sendMessage', { chat_id: CHAT, text, ...more });

beforeEach(async () => {
  sandbox = await startSandbox({ telegram: { webhookRetryScale: 0.001 } });
  client = createSandboxClient(sandbox.urls.control);
});

afterEach(async () => {
  await sandbox.close();
  await new Promise((resolve) => (receiver ? receiver.close(resolve) : resolve(undefined)));
  receiver = undefined;
});

/** A webhook that answers as told and remembers what it got. */
async function webhook(answer: (update: { update_id: number }, nth: number) => number) {
  const got: { id: number; text?: string; secret: string | undefined }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (data) => {
      body += data;
    });
    request.on('end', () => {
      const update = JSON.parse(body);
      got.push({
        id: update.update_id,
        text: update.message?.text,
        secret: request.headers['x-telegram-bot-api-secret-token'] as string | undefined,
      });
      response.writeHead(answer(update, got.length)).end();
    });
  });
  receiver = server;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, got };
}

describe('receiving', () => {
  test('an update is handed out until an offset confirms it', async () => {
    const { updateId } = await client.telegram.say(CHAT, '/start now');
    const first = await call('getUpdates', { timeout: 5 });
    expect(first.result).toMatchObject([
      { update_id: updateId, message: { text: '/start now', chat: { id: CHAT } } },
    ]);
    expect((await call('getupdates')).result).toHaveLength(1);
    expect((await call('getUpdates', { offset: updateId + 1 })).result).toEqual([]);
  });

  test('a second getUpdates ends the first with 409', async () => {
    const first = call('getUpdates', { timeout: 50 });
    await expect.poll(async () => (await client.calls({ method: 'getUpdates' })).length).toBe(1);
    const second = call('getUpdates', { timeout: 50 });
    expect((await first).description).toContain('terminated by other getUpdates');
    await client.telegram.say(CHAT, 'hi');
    expect((await second).result).toHaveLength(1);
  });

  test('a webhook gets updates with its secret, and while it is set getUpdates is refused', async () => {
    const hook = await webhook(() => 200);
    await call('setWebhook', { url: hook.url, secret_token: 's3cret' });
    await client.telegram.say(CHAT, 'hello');
    await expect.poll(() => hook.got).toMatchObject([{ text: 'hello', secret: 's3cret' }]);
    expect((await call('getUpdates')).error_code).toBe(409);
    await expect.poll(async () => (await call('getWebhookInfo')).result?.pending_update_count).toBe(0);
  });

  test('a refused update is tried again and holds back its own chat only', async () => {
    const hook = await webhook((update, nth) => (update.update_id === 900_001 && nth < 4 ? 500 : 200));
    await call('setWebhook', { url: hook.url });
    await client.telegram.say(CHAT, 'one');
    await client.telegram.say(CHAT, 'two');
    await client.telegram.say(777, 'other');
    await expect.poll(() => hook.got.filter(({ text }) => text === 'two')).toHaveLength(1);
    const order = hook.got.filter(({ id }) => id !== 900_003).map(({ text }) => text);
    expect(order.lastIndexOf('one')).toBeLessThan(order.indexOf('two'));
    expect((await call('getWebhookInfo')).result?.last_error_message).toContain('500');
  });

  test('updates can be delivered twice and out of order', async () => {
    const hook = await webhook(() => 200);
    await call('setWebhook', { url: hook.url });
    await client.telegram.pauseDelivery();
    const { updateId } = await client.telegram.say(CHAT, 'one');
    await client.telegram.say(CHAT, 'two');
    await client.telegram.resumeDelivery({ order: 'reverse' });
    await expect.poll(() => hook.got.map(({ text }) => text)).toEqual(['two', 'one']);
    await client.telegram.redeliver(updateId);
    await expect.poll(() => hook.got.map(({ text }) => text)).toEqual(['two', 'one', 'one']);
  });

  test('album items are updates with one media group', async () => {
    const { albumId } = await client.telegram.sendAlbum(CHAT, [
      { kind: 'photo', caption: 'a' },
      { kind: 'photo' },
    ]);
    const { result } = await call('getUpdates');
    expect(result).toMatchObject([
      { message: { media_group_id: albumId, caption: 'a' } },
      { message: { media_group_id: albumId } },
    ]);
  });

  test('a file that a customer sent can be downloaded', async () => {
    await client.telegram.sendFile(CHAT, {
      kind: 'document',
      base64: Buffer.from('bytes').toString('base64'),
    });
    const [update] = (await call('getUpdates')).result as unknown as {
      message: { document: { file_id: string } };
    }[];
    const { result } = await call('getFile', { file_id: update?.message.document.file_id });
    const url = `${sandbox.urls.telegram}/file/bot${SANDBOX_DEFAULTS.botToken}/${result?.file_path}`;
    expect(await (await fetch(url)).text()).toBe('bytes');
  });
});

describe('sending', () => {
  beforeEach(() => client.telegram.say(CHAT, 'hi'));

  test('a message appears in the transcript with entities and buttons, under a growing id', async () => {
    const reply_markup = { inline_keyboard: [[{ text: 'Да', callback_data: 'w:1' }]] };
    const first = await say('bold', { entities: [{ type: 'bold', offset: 0, length: 4 }], reply_markup });
    const second = await say('next');
    expect(second.result?.message_id).toBeGreaterThan(first.result?.message_id ?? 0);
    expect((await client.telegram.waitForReply(CHAT, { text: 'bold' })).buttons).toEqual([
      [{ text: 'Да', data: 'w:1' }],
    ]);
  });

  test.each([
    ['', {}, 'message text is empty'],
    ['a'.repeat(4097), {}, 'message is too long'],
    ['<b>x', { parse_mode: 'HTML' }, "can't parse entities"],
    ['a.b', { parse_mode: 'MarkdownV2' }, "can't parse entities"],
    ['abc', { entities: [{ type: 'bold', offset: 2, length: 5 }] }, "can't parse entities"],
    ['😀a', { entities: [{ type: 'bold', offset: 1, length: 2 }] }, "can't parse entities"],
    [
      'x',
      { reply_markup: { inline_keyboard: [[{ text: 'a', callback_data: 'я'.repeat(33) }]] } },
      'BUTTON_DATA_INVALID',
    ],
    ['x', { chat_id: 999 }, 'chat not found'],
    ['x', { reply_parameters: { message_id: 999 } }, 'message to be replied not found'],
  ])('%.8s %o is refused: %s', async (text, more, reason) => {
    const answer = await say(text, more);
    expect(answer).toMatchObject({ ok: false, error_code: 400 });
    expect(answer.description).toContain(reason);
  });

  test('markup of both parse modes becomes entities', async () => {
    const html = await say('<b>жир <i>курс</i></b> <a href="https://e.org">l</a> &lt;', {
      parse_mode: 'HTML',
    });
    expect(html.result).toMatchObject({ text: 'жир курс l <' });
    expect(html.result?.entities).toMatchObject([
      { type: 'bold', offset: 0, length: 8 },
      { type: 'italic', offset: 4, length: 4 },
      { type: 'text_link', offset: 9, length: 1, url: 'https://e.org' },
    ]);
    const markdown = await say('*b _i_* \\. [l](https://e.org)\n```js\nx\n```', { parse_mode: 'MarkdownV2' });
    expect(markdown.result?.entities).toMatchObject([
      { type: 'bold', offset: 0, length: 3 },
      { type: 'italic', offset: 2, length: 1 },
      { type: 'text_link' },
      { type: 'pre', language: 'js' },
    ]);
  });

  test('an edit without a keyboard removes it, an equal one is refused, a foreign one too', async () => {
    const { result } = await say('q', {
      reply_markup: { inline_keyboard: [[{ text: 'a', callback_data: 'x' }]] },
    });
    const message_id = result?.message_id;
    const edit = () => call('editMessageText', { chat_id: CHAT, message_id, text: 'q' });
    expect((await edit()).result?.reply_markup).toBeUndefined();
    expect((await edit()).description).toContain('message is not modified');
    expect((await call('editMessageReplyMarkup', { chat_id: CHAT, message_id: 9999 })).description).toContain(
      'message to edit not found',
    );
    expect((await client.telegram.transcript(CHAT)).messages.at(-1)).toMatchObject({
      text: 'q',
      edited: true,
    });
  });

  test('a pressed button is acknowledged once', async () => {
    await say('q', { reply_markup: { inline_keyboard: [[{ text: 'Да', callback_data: 'yes' }]] } });
    const { callbackId } = await client.telegram.press(CHAT, 'Да');
    const updates = (await call('getUpdates')).result as unknown as Record<string, unknown>[];
    expect(updates.at(-1)).toMatchObject({ callback_query: { data: 'yes', id: callbackId } });
    expect((await call('answerCallbackQuery', { callback_query_id: callbackId })).ok).toBe(true);
    expect((await call('answerCallbackQuery', { callback_query_id: callbackId })).description).toContain(
      'query is too old',
    );
  });

  test('a customer who blocked the bot gets nothing', async () => {
    await client.telegram.block(CHAT);
    expect(await say('x')).toMatchObject({
      error_code: 403,
      description: 'Forbidden: bot was blocked by the user',
    });
  });

  test('limits, once switched on, answer 429 with retry_after', async () => {
    await client.telegram.enforceLimits({ perChatPerSecond: 1, perChatBurst: 1, perSecond: 30 });
    await say('1');
    expect(await say('2')).toMatchObject({ error_code: 429, parameters: { retry_after: 1 } });
  });

  test('multipart uploads and forms are understood', async () => {
    const form = new FormData();
    form.set('chat_id', String(CHAT));
    form.set('document', new Blob(['pdf']), 'a.pdf');
    form.set('reply_markup', JSON.stringify({ inline_keyboard: [[{ text: 'a', callback_data: 'x' }]] }));
    const url = `${sandbox.urls.telegram}/bot${SANDBOX_DEFAULTS.botToken}/sendDocument`;
    const answer = (await (await fetch(url, { method: 'POST', body: form })).json()) as Reply;
    expect(answer.result?.document).toMatchObject({ file_name: 'a.pdf', file_size: 3 });
  });

  test('topics are opened, closed and reopened', async () => {
    const group = -100123;
    await client.telegram.group(group, { is_forum: true });
    const topic = (await call('createForumTopic', { chat_id: group, name: 'Анна' })).result;
    const message_thread_id = topic?.message_thread_id;
    expect((await say('x', { chat_id: group, message_thread_id })).ok).toBe(true);
    await call('closeForumTopic', { chat_id: group, message_thread_id });
    expect((await say('x', { chat_id: group, message_thread_id })).description).toContain('TOPIC_CLOSED');
    expect((await call('closeForumTopic', { chat_id: group, message_thread_id })).description).toContain(
      'TOPIC_NOT_MODIFIED',
    );
    expect((await call('reopenForumTopic', { chat_id: group, message_thread_id })).ok).toBe(true);
  });
});
