import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Channel } from '../../activities/channel/contract.ts';
import { copyRepository } from '../support/copy.ts';
import { codeOnPages, type PageCode } from '../support/pages.ts';
import { freePort } from '../support/ports.ts';

const run = promisify(execFile);
const require = createRequire(import.meta.url);
const { folder, remove } = copyRepository('pages');
afterAll(remove);

/** What a program complains about; nothing when it is content. */
const complaints = (program: string, args: string[]): Promise<string> =>
  run(process.execPath, [program, ...args], { cwd: folder }).then(
    () => '',
    (error: { stdout?: string; stderr?: string; message: string }) =>
      [error.stdout, error.stderr].join('\n').trim() || error.message,
  );

/** A page may show a file before and after a change: the later one gets a name of its own beside it. */
function write(shown: readonly PageCode[]): (PageCode & { file: string })[] {
  const taken = new Set<string>();
  return shown.map((code) => {
    let file = code.path;
    while (taken.has(file)) file = file.replace(/\.ts$/, '-later.ts');
    taken.add(file);
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), code.code);
    return { ...code, file };
  });
}

describe('code that people are given to copy', { timeout: 60_000 }, () => {
  const shown = write(codeOnPages());
  const generated = ['workflows/price-alert.ts', 'test/integration/price-alert.test.ts'];
  const registration = ['workflows/index.ts', 'workflows/registry.ts'];
  beforeAll(
    () => run(process.execPath, ['scripts/new.mjs', 'process', 'price-alert'], { cwd: folder }),
    60_000,
  );

  it('is on the pages that promise it', () => {
    expect(shown.map(({ page, path }) => `${page}: ${path}`)).toEqual(
      expect.arrayContaining([
        'README.md: workflows/complaint.ts',
        'docs/add-a-channel.md: activities/web/channel.ts',
        'docs/change-a-process.md: workflows/offer.ts',
      ]),
    );
  });

  it('compiles under the rules of this repository, as does what npm run new writes', async () => {
    const files = [...shown.map(({ file }) => file), ...generated, ...registration];
    // The last one says what tests may inject.
    const config = { extends: './tsconfig.json', files: [...files, 'test/setup/global.ts'], include: [] };
    writeFileSync(join(folder, 'tsconfig.pages.json'), JSON.stringify(config));
    const tsc = join(dirname(require.resolve('typescript/package.json')), 'bin/tsc');
    expect(await complaints(tsc, ['-p', 'tsconfig.pages.json'])).toBe('');
  });

  it('is formatted and keeps the rules of its folder, as does what npm run new writes', async () => {
    const files = [...shown.map(({ file }) => file), ...generated, ...registration];
    const biome = require.resolve('@biomejs/biome/bin/biome');
    expect(await complaints(biome, ['check', '--error-on-warnings', ...files])).toBe('');
  });

  it('is short: forty lines for a process, sixty for a channel', () => {
    for (const { page, path, code } of shown) {
      const most = path.startsWith('workflows/') ? 40 : 60;
      expect(code.trimEnd().split('\n').length, page).toBeLessThanOrEqual(most);
    }
  });
});

describe('the channel of the page', () => {
  const answers: { status: number; body: string }[] = [];
  const posts: { authorization: string | undefined; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    posts.push({ authorization: request.headers.authorization, body: JSON.parse(body) });
    const answer = answers.shift();
    if (!answer) return void request.socket.destroy();
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.body);
  });
  let channel: Channel;
  let url: string;
  let create: (options: { url: string; secret: string }) => Channel;

  beforeAll(async () => {
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const loaded: { createWebChannel: typeof create } = await import(
      pathToFileURL(join(folder, 'activities/web/channel.ts')).href
    );
    create = loaded.createWebChannel;
    channel = create({ url, secret: 's3cret' });
  });
  afterAll(() => server.close());

  const send = (to = channel) =>
    to.send('v-8', { text: 'Hello', entities: [] }, new AbortController().signal);

  it('reads what visitors write, command and button included', () => {
    expect(channel.parse({ update_id: 1, visitor: 'v-8', text: '/Lead now' })).toMatchObject({
      kind: 'message',
      chatId: 'v-8',
      channelMessageId: '1',
      sender: { channelUserId: 'v-8' },
      contentType: 'text',
      content: '/Lead now',
      metadata: { command: { name: 'lead', args: 'now' } },
    });
    expect(channel.parse({ update_id: 2, visitor: 'v-8', pressed: 'w:1:0' })).toMatchObject({
      contentType: 'button',
      metadata: { button: { data: 'w:1:0' } },
    });
  });

  it.each([[null], [{}], ['text'], [{ update_id: 'x', visitor: 'v' }], [{ update_id: 1, visitor: '' }]])(
    'ignores %j without throwing',
    (update) => {
      expect(channel.parse(update)).toEqual({ kind: 'ignored', reason: 'unknown_shape' });
    },
  );

  it('tells what became of a message', async () => {
    answers.push({ status: 200, body: '{"id":"m-1"}' });
    expect(await send()).toEqual({ kind: 'sent', channelMessageId: 'm-1' });
    expect(posts.at(-1)).toEqual({
      authorization: 'Bearer s3cret',
      body: { visitor: 'v-8', text: 'Hello' },
    });
    for (const [status, outcome] of [
      [429, { kind: 'rate_limited' }],
      [401, { kind: 'refused', reason: 'misconfigured' }],
      [410, { kind: 'refused', reason: 'unreachable' }],
      [500, { kind: 'unknown' }],
    ] as const) {
      answers.push({ status, body: '{}' });
      expect(await send()).toMatchObject(outcome);
    }
  });

  it('promises that a message was not sent only when the request never left', async () => {
    const nobody = create({ url: `http://127.0.0.1:${await freePort()}`, secret: '' });
    expect(await send(nobody)).toMatchObject({ kind: 'not_sent' });
    // Cut off, and an answer that is none: the message may be there.
    expect(await send()).toMatchObject({ kind: 'unknown' });
    answers.push({ status: 200, body: 'thanks' });
    expect(await send()).toMatchObject({ kind: 'unknown' });
  });
});
