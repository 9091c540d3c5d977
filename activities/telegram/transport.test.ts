import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { Agent, buildConnector } from 'undici';
import { describe, expect, it } from 'vitest';
import { botApi, CHUNK, channelAt, listen, never, reply, TOKEN } from './loopback.fixture.ts';

const send = (channel: ReturnType<typeof channelAt>, signal: AbortSignal = never) =>
  channel.send('501', CHUNK, signal);

/** A port on which nobody listens. */
async function refusedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

describe('a request that never left is known not to have been sent', () => {
  it('when the port is closed', async () => {
    const attempt = await send(channelAt(`http://127.0.0.1:${await refusedPort()}`));
    expect(attempt).toEqual({ kind: 'not_sent', description: expect.stringContaining('ECONNREFUSED') });
  });

  it.each(['ENOTFOUND', 'EAI_AGAIN'])('when the name cannot be resolved (%s)', async (code) => {
    const dispatcher = new Agent({
      connect: { lookup: (_host, _options, done) => done(Object.assign(new Error(code), { code }), '', 4) },
    });
    const attempt = await send(channelAt('http://api.example.org', { dispatcher }));
    expect(attempt).toEqual({ kind: 'not_sent', description: expect.stringContaining(code) });
    await dispatcher.close();
  });

  it('when the TLS handshake fails', async () => {
    const port = await listen(createServer((socket) => socket.end('not TLS')));
    expect(await send(channelAt(`https://127.0.0.1:${port}`))).toMatchObject({ kind: 'not_sent' });
  });

  it('when the caller gives up during the TLS handshake', async () => {
    const server = createServer();
    const port = await listen(server);
    const giveUp = new AbortController();
    server.once('connection', () => giveUp.abort());
    const attempt = await send(channelAt(`https://127.0.0.1:${port}`), giveUp.signal);
    expect(attempt).toEqual({ kind: 'not_sent', description: expect.stringContaining('ABORTED') });
  });

  it('when the time is over before the connection stands', async () => {
    const port = await listen(createServer());
    const attempt = await send(channelAt(`https://127.0.0.1:${port}`, { timeoutMs: 20 }));
    expect(attempt).toMatchObject({ kind: 'not_sent' });
  });

  it('when the caller had given up before', async () => {
    const { channel, calls } = await botApi(() => ({ message_id: 1 }));
    expect(await send(channel, AbortSignal.abort())).toMatchObject({ kind: 'not_sent' });
    expect(calls).toEqual([]);
  });

  it('even if the connection comes about after the caller gave up', async () => {
    const connect = buildConnector({});
    const held: (() => void)[] = [];
    let isHeld: () => void = () => undefined;
    const connecting = new Promise<void>((resolve) => {
      isHeld = resolve;
    });
    const dispatcher = new Agent({
      connect: (options, done) => {
        held.push(() => connect(options, done));
        if (held.length === 1) isHeld();
        else connect(options, done);
      },
    });
    const { channel, calls } = await botApi(() => ({ message_id: 1 }), { dispatcher });
    const giveUp = new AbortController();
    const attempt = send(channel, giveUp.signal);
    await connecting;
    giveUp.abort();
    expect(await attempt).toMatchObject({ kind: 'not_sent' });
    held[0]?.();
    // The next message travels behind the abandoned one and proves that it was dropped.
    expect(await channel.send('502', { ...CHUNK, text: 'second' }, never)).toMatchObject({ kind: 'sent' });
    expect(calls.map((call) => call.body.text)).toEqual(['second']);
    await dispatcher.close();
  });
});

describe('a request that may have arrived is unknown', () => {
  it('when the connection is reset after it was read', async () => {
    const port = await listen(createServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
    expect(await send(channelAt(`http://127.0.0.1:${port}`))).toMatchObject({ kind: 'unknown' });
  });

  it('when the connection is closed after it was read', async () => {
    const port = await listen(createServer((socket) => socket.once('data', () => socket.destroy())));
    expect(await send(channelAt(`http://127.0.0.1:${port}`))).toMatchObject({ kind: 'unknown' });
  });

  it('when the connection is reset at once, unless that was noticed before writing', async () => {
    let read = 0;
    const server = createServer((socket: Socket) => {
      socket.on('data', (bytes) => {
        read += bytes.length;
      });
      socket.resetAndDestroy();
    });
    const attempt = await send(channelAt(`http://127.0.0.1:${await listen(server)}`));
    expect(['unknown', 'not_sent']).toContain(attempt.kind);
    if (attempt.kind === 'not_sent') expect(read).toBe(0);
  });

  it('when the answer stalls until the caller gives up', async () => {
    const giveUp = new AbortController();
    const { channel } = await botApi(() => giveUp.abort());
    expect(await send(channel, giveUp.signal)).toMatchObject({ kind: 'unknown' });
  });

  it('when the answer stalls until the time is over', async () => {
    const { channel, calls } = await botApi(() => undefined, { timeoutMs: 300 });
    expect(await send(channel)).toMatchObject({ kind: 'unknown' });
    expect(calls).toHaveLength(1);
  });

  it('when the answer breaks off', async () => {
    const { channel } = await botApi((_call, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"ok":true', () => response.destroy());
    });
    expect(await send(channel)).toMatchObject({ kind: 'unknown' });
  });

  it.each([
    [200, 'garbage'],
    [200, ''],
    [200, 'null'],
    [200, '{}'],
    [200, '{"ok":true}'],
    [200, '{"ok":true,"result":{}}'],
    [200, '{"ok":true,"result":true}'],
    [200, '{"ok":false}'],
    [500, '{"ok":false,"error_code":500,"description":"Internal Server Error"}'],
    [502, '<html>Bad Gateway</html>'],
    [504, ''],
  ])('when the answer is %i %j', async (status, body) => {
    const { channel, calls } = await botApi((_call, response) => reply(response, status, body));
    expect(await send(channel)).toMatchObject({ kind: 'unknown' });
    expect(calls).toHaveLength(1);
  });
});

describe('an answer that is not of the Bot API', () => {
  it('is obeyed when it asks to wait', async () => {
    const { channel } = await botApi((_call, response) =>
      reply(response, 429, '<html>slow down</html>', { 'retry-after': '7' }),
    );
    expect(await send(channel)).toEqual({ kind: 'rate_limited', retryAfterMs: 7000 });
  });

  it('is refused as misconfigured when it says that the address is wrong', async () => {
    const { channel } = await botApi((_call, response) => reply(response, 404, '<html>Not Found</html>'));
    expect(await send(channel)).toMatchObject({ kind: 'refused', reason: 'misconfigured' });
  });
});

it('takes the wait from the header when the answer names none', async () => {
  const body = { ok: false, error_code: 429, description: 'Too Many Requests' };
  const { channel } = await botApi((_call, response) => reply(response, 429, body, { 'retry-after': '3' }));
  expect(await send(channel)).toEqual({ kind: 'rate_limited', retryAfterMs: 3000 });
});

it('never names the token, whatever fails', async () => {
  const texts: string[] = [];
  const note = async (channel: ReturnType<typeof channelAt>) => {
    texts.push(JSON.stringify(await send(channel)));
    const error: unknown = await channel.getMe().catch((reason: unknown) => reason);
    texts.push(String(error), JSON.stringify(error), error instanceof Error ? String(error.stack) : '');
  };
  await note(channelAt(`http://127.0.0.1:${await refusedPort()}`));
  await note((await botApi((_call, response) => reply(response, 404, `no /bot${TOKEN}/x`))).channel);
  await note((await botApi((_call, response) => void response.destroy())).channel);
  const echo = { ok: false, error_code: 400, description: `Bad Request: /bot${TOKEN}/sendMessage` };
  await note((await botApi((_call, response) => reply(response, 400, echo))).channel);
  expect(texts).toHaveLength(16);
  for (const text of texts) expect(text).not.toContain('AAloopbackSecret');
});
