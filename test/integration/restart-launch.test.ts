import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { launch } from '../support/launched.ts';

const CHAT = 7_001;
const QUESTION = 'Сколько стоит доставка по городу?';

interface Run {
  run_id: string;
  process: string;
  status: string;
}

type Launched = ReturnType<typeof launch>;
type Addresses = Awaited<ReturnType<Launched['addresses']>>;

// One story in order: each start finds what the one before left.
describe.sequential('npm start without a terminal', () => {
  const home = mkdtempSync(join(tmpdir(), 'dirigent-launch-'));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  chmodSync(home, 0o755);
  /** Where `--once` plays, too. */
  const folder = join(home, 'once');
  let launched: Launched | undefined;
  let first: Run;
  afterAll(async () => {
    launched?.signal('SIGKILL');
    await launched?.exited;
    await eventually('all processes to be gone', async () => launched?.processes().left().length === 0);
    rmSync(home, { recursive: true, force: true, maxRetries: 3 });
  });

  async function runs({ get }: Addresses): Promise<Run[]> {
    const answer = await get('/api/v1/runs');
    expect(answer.status).toBe(200);
    return ((await answer.json()) as { runs: Run[] }).runs;
  }

  async function ask(addresses: Addresses) {
    const { cursor } = await addresses.outside.telegram.transcript(CHAT);
    await addresses.outside.telegram.say(CHAT, QUESTION);
    await addresses.outside.telegram.waitForReply(CHAT, {
      text: /доставк/i,
      after: cursor,
      timeoutMs: 45_000,
    });
    return eventually('a finished answer', async () =>
      (await runs(addresses)).find((run) => run.run_id !== first?.run_id && run.status === 'succeeded'),
    );
  }

  it('prints its addresses, serves behind each, and answers a customer', async () => {
    launched = launch(folder);
    const addresses = await launched.addresses();
    await launched.says(/(Serving)/);
    for (const path of ['/health', '/docs']) expect((await addresses.get(path)).status, path).toBe(200);
    expect((await fetch(addresses.ui)).status).toBe(200);
    first = await ask(addresses);
  });

  it('leaves nothing running when it is killed, launcher and all', async () => {
    const processes = launched?.processes();
    expect(processes?.names).toEqual(expect.arrayContaining(['Sandbox', 'launcher']));
    launched?.signal('SIGKILL');
    await launched?.exited;
    await eventually('all processes to be gone', async () => processes?.left().length === 0);
  });

  it('recovers at the next start: what was done is there, and the customer is answered again', async () => {
    launched = launch(folder);
    const addresses = await launched.addresses();
    expect(await runs(addresses)).toContainEqual(expect.objectContaining(first));
    const second = await ask(addresses);
    expect(second.run_id).not.toBe(first.run_id);
  });

  it('ends at Ctrl-C with code 0, and leaves nothing running', async () => {
    const processes = launched?.processes();
    launched?.signal('SIGINT');
    expect(await launched?.exited, launched?.output()).toEqual({ code: 0, signal: null });
    expect(processes?.left()).toEqual([]);
  });

  it('begins anew with --fresh; a script of --once that is cut short ends with another code than 0', async () => {
    launched = launch(home, '--once', '--fresh');
    const addresses = await launched.addresses();
    expect(await runs(addresses)).not.toContainEqual(expect.objectContaining({ run_id: first.run_id }));
    await launched.says(/(──)/);
    launched.signal('SIGINT');
    expect((await launched.exited).code, launched.output()).not.toBe(0);
    expect(launched.processes().left()).toEqual([]);
  });
});
