import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSandboxClient, type SandboxClient } from '../client.ts';
import { SANDBOX_DEFAULTS } from '../defaults.ts';
import { type Sandbox, startSandbox } from '../index.ts';

const CHAT = 501;
const OTHER = 502;
const GROUP = -1_001_234_567_890;
const NOT_FOUND = 'Bad Request: message to edit not found';
const UNEDITABLE = "Bad Request: message can't be edited";

describe('what an edit tells about a message', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;
  beforeEach(async () => {
    sandbox = await startSandbox();
    client = createSandboxClient(sandbox.urls.control);
    await client.telegram.say(CHAT, 'hi');
    await client.telegram.say(OTHER, 'hi');
  });
  afterEach(() => sandbox.close());

  async function call(method: string, body: object) {
    const response = await fetch(`${sandbox.urls.telegram}/bot${SANDBOX_DEFAULTS.botToken}/${method}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await response.json()) as { result?: { message_id: number }; description?: string };
  }
  const send = async (more: object = {}) =>
    (await call('sendMessage', { chat_id: CHAT, text: 'q', ...more })).result?.message_id;
  const edit = async (message_id: number | undefined, more: object = {}) => {
    const { result, description } = await call('editMessageText', {
      chat_id: CHAT,
      message_id,
      text: 'q',
      ...more,
    });
    return result ? 'edited' : description;
  };

  test('ids are counted over all private chats, and in each supergroup on its own', async () => {
    await client.telegram.group(GROUP);
    const first = await send();
    await client.telegram.say(GROUP, 'in the group', { from: CHAT });
    expect(await send({ chat_id: OTHER })).toBe((first ?? 0) + 1);
    expect(await send({ chat_id: GROUP })).toBe(2);
    expect(await send()).toBe((first ?? 0) + 2);
  });

  test('the same text, entities, buttons and preview option are "not modified"; one that lacks is an edit', async () => {
    const form = {
      entities: [{ type: 'bold', offset: 0, length: 1 }],
      link_preview_options: { is_disabled: true },
      reply_markup: { inline_keyboard: [[{ text: 'a', callback_data: 'x' }]] },
    };
    const id = await send(form);
    expect(await edit(id, form)).toContain('message is not modified');
    for (const left of Object.keys(form)) {
      const without = { ...form, [left]: undefined };
      expect([left, await edit(id, without)]).toEqual([left, 'edited']);
      expect(await edit(id, form)).toBe('edited');
    }
  });

  test('captions of media are repeated with a method of their own', async () => {
    const { result } = await call('sendDocument', {
      chat_id: CHAT,
      document: 'https://e.org/a.pdf',
      caption: 'c',
    });
    const caption = { chat_id: CHAT, message_id: result?.message_id, caption: 'c' };
    expect((await call('editMessageCaption', caption)).description).toContain('message is not modified');
    expect(await edit(result?.message_id)).toContain('there is no text in the message to edit');
  });

  test("a number of another chat is not found, and a customer's message can't be edited", async () => {
    const id = await send();
    expect(await edit(id, { chat_id: OTHER })).toBe(NOT_FOUND);
    const { messageId } = await client.telegram.say(CHAT, 'mine');
    expect(await edit(messageId)).toBe(UNEDITABLE);
  });

  test("a message that is there can't be edited when it is old, or under a keyboard of the client's", async () => {
    const asking = await send({ reply_markup: { keyboard: [[{ text: 'a', request_contact: true }]] } });
    expect(await edit(asking)).toBe(UNEDITABLE);
    const id = await send();
    expect(await edit(id)).toContain('message is not modified');
    await client.telegram.limitEditing(0);
    expect(await edit(id)).toBe(UNEDITABLE);
  });
});
