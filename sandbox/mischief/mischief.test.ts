import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createSandboxClient, faults, type SandboxClient } from '../client.ts';
import { SANDBOX_DEFAULTS } from '../defaults.ts';
import { type Sandbox, startSandbox } from '../index.ts';

const CHAT = 501;
let sandbox: Sandbox;
let client: SandboxClient;

const send = (text: string, signal?: AbortSignal) =>
  fetch(`${sandbox.urls.telegram}/bot${SANDBOX_DEFAULTS.botToken}/sendMessage`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ chat_id: CHAT, text }),
    ...(signal && { signal }),
  });

const said = async () =>
  (await client.telegram.transcript(CHAT)).messages
    .filter(({ direction }) => direction === 'out')
    .map(({ text }) => text);

beforeEach(async () => {
  sandbox = await startSandbox();
  client = createSandboxClient(sandbox.urls.control);
  await client.telegram.say(CHAT, 'hi');
});
afterEach(() => sandbox.close());

const target = { service: 'telegram', method: 'sendMessage' } as const;

describe('mischief', () => {
  test('a status rule skips, fires and is spent, without any effect', async () => {
    const { id } = await client.mischief.add({ ...target, ...faults.telegramTooMany(7), after: 1, times: 1 });
    expect((await send('a')).status).toBe(200);
    const refused = await send('b');
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('7');
    expect((await send('c')).status).toBe(200);
    expect(await said()).toEqual(['a', 'c']);
    expect(await client.mischief.get(id)).toMatchObject({ fired: 1, spent: true });
  });

  test('a lost answer has its effect, a lost request none', async () => {
    await client.mischief.add({ ...target, kind: 'lose_answer', contains: 'kept' });
    await client.mischief.add({ ...target, kind: 'lose_request', contains: 'gone' });
    await expect(send('kept')).rejects.toThrow();
    await expect(send('gone')).rejects.toThrow();
    expect(await said()).toEqual(['kept']);
  });

  test('drop answers plausibly without effect, double acts twice', async () => {
    await client.mischief.add({ ...target, kind: 'drop', contains: 'dropped' });
    await client.mischief.add({ ...target, kind: 'double', contains: 'doubled' });
    expect(await (await send('dropped')).json()).toMatchObject({ ok: true, result: { text: 'dropped' } });
    await send('doubled');
    expect(await said()).toEqual(['doubled', 'doubled']);
  });

  test('swap lets the second message overtake the first', async () => {
    await client.mischief.add({ ...target, kind: 'swap' });
    await send('first');
    await send('second');
    await send('third');
    expect(await said()).toEqual(['second', 'first', 'third']);
  });

  test('a held request can be waited for and is released', async () => {
    const { id } = await client.mischief.add({ ...target, kind: 'hold', when: 'after', times: 1 });
    const pending = send('held');
    const held = await client.mischief.waitForHeld(id);
    expect(held.params).toMatchObject({ text: 'held' });
    expect(await said()).toEqual(['held']);
    await client.mischief.release(held.id);
    expect((await pending).status).toBe(200);
  });

  test('a request held before its effect has none when its client leaves', async () => {
    const { id } = await client.mischief.add({ ...target, kind: 'hold' });
    const leaving = new AbortController();
    const pending = send('never', leaving.signal);
    await client.mischief.waitForHeld(id);
    leaving.abort();
    await expect(pending).rejects.toThrow();
    await expect.poll(() => client.mischief.held(id)).toEqual([]);
    expect(await said()).toEqual([]);
  });

  test('a stalled request never has an effect, and a slow one has it although the client gave up', async () => {
    const stall = await client.mischief.add({ ...target, kind: 'stall', contains: 'stalled' });
    await client.mischief.add({ ...target, kind: 'delay', ms: 300, contains: 'slow' });
    await expect(send('stalled', AbortSignal.timeout(50))).rejects.toThrow();
    await expect(send('slow', AbortSignal.timeout(50))).rejects.toThrow();
    await client.telegram.waitForReply(CHAT, { text: 'slow' });
    expect(await said()).toEqual(['slow']);
    expect((await client.mischief.get(stall.id)).fired).toBe(1);
  });

  test('malformed and truncated answers cannot be read', async () => {
    await client.mischief.add({ ...target, kind: 'malformed', times: 1 });
    await expect((await send('a')).json()).rejects.toThrow();
    await client.mischief.add({ ...target, kind: 'truncate', times: 1 });
    await expect(send('b').then((response) => response.json())).rejects.toThrow();
    expect(await said()).toEqual(['a', 'b']);
  });

  test('a service taken down refuses connections and comes back on its port', async () => {
    const back = await client.mischief.takeDown('telegram');
    await expect(send('x')).rejects.toThrow();
    await back();
    expect((await send('y')).status).toBe(200);
  });

  test('an unknown kind of mischief is refused with a reason', async () => {
    await expect(client.mischief.add({ ...target, kind: 'curse' } as never)).rejects.toThrow(/kind/);
  });

  test('received requests are listed without the token', async () => {
    await send('x');
    const [call] = await client.calls({ method: 'sendMessage', chat: CHAT, wait: 1000 });
    expect(call).toMatchObject({ path: '/sendMessage', params: { text: 'x' }, status: 200 });
    expect(JSON.stringify(call)).not.toContain('sandbox-bot-token');
  });

  test('waiting in vain rejects with the transcript in print', async () => {
    await expect(client.telegram.waitForReply(CHAT, { timeoutMs: 30 })).rejects.toThrow(/→ #1 hi/);
  });
});

test('chats, counters and the CRM survive a restart', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'sandbox-'));
  const first = await startSandbox({ dataDir });
  const before = createSandboxClient(first.urls.control);
  const { updateId } = await before.telegram.say(CHAT, 'remember me');
  await before.bitrix.seed('lead', { fields: { title: 'kept' }, phones: ['+77010000000'] });
  await first.close();
  const second = await startSandbox({ dataDir });
  const after = createSandboxClient(second.urls.control);
  expect((await after.telegram.transcript(CHAT)).messages).toMatchObject([{ text: 'remember me' }]);
  expect((await after.telegram.bot()).pending).toHaveLength(1);
  expect((await after.telegram.say(CHAT, 'again')).updateId).toBeGreaterThan(updateId);
  expect(await after.bitrix.leads()).toMatchObject([{ title: 'kept' }]);
  await second.close();
  await rm(dataDir, { recursive: true });
});
