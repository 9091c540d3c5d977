import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { automationEvents, conversations, messages, alarms as table } from '../../db/schema/index.ts';
import { conversationWorkflowId } from '../../domain/ids.ts';
import { LOCALES } from '../../domain/locale.ts';
import { say } from '../../domain/texts/catalogue.ts';
import { startWithFixtures } from '../support/conversation.ts';
import { eventually } from '../support/eventually.ts';
import type { Product } from '../support/product.ts';

/** The chat of whoever is on call; a private one has the larger budget. */
const ON_CALL = 9_001;

const STUCK = new RegExp(LOCALES.map((locale) => say(locale, 'failure.stuck')).join('|'), 'u');

interface Stoppable {
  stop(): Promise<void>;
}

interface Alarm {
  kind: string;
  subject: string;
  what: string;
  told: string;
  cleared_at: string | null;
}

interface Page {
  healthy: boolean;
  findings: { name: string; state: string; what: string; todo?: string }[];
}

/** `npm run doctor -- --json` as a process of its own. */
async function doctor({ env, yaml }: Product, over: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'dirigent-doctor-'));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, yaml);
  const run = promisify(execFile);
  try {
    const settings = { ...env, PATH: process.env.PATH, CONFIG_FILE: file, DATA_DIR: folder, ...over };
    const { stdout, code } = await run(process.execPath, ['--import', 'tsx', 'workers/doctor.ts', '--json'], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      env: settings,
    }).then(
      (done) => ({ ...done, code: 0 }),
      (error: { stdout: string; code: number }) => error,
    );
    return { code, text: stdout, page: JSON.parse(stdout) as Page };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the people on call', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startWithFixtures({
      name: 'alarms',
      roles: [],
      env: { ALERT_TELEGRAM_CHAT_ID: String(ON_CALL) },
      config: {
        tenants: [{ slug: 'default', defaultLocale: 'en' }],
        alarms: { checkMs: 300, webhookCheckMs: 300, undispatchedAfterMs: 1_500, unansweredAfterMs: 1_500 },
      },
    });
    // Two replicas look; one cause is one alarm all the same.
    roles = { api: await product.start(['api']), worker: await product.start(['worker']) };
    await product.outside.telegram.say(ON_CALL, '/help');
    await product.outside.telegram.waitForReply(ON_CALL);
    await eventually('the webhook to be set', async () => (await product.outside.telegram.bot()).webhook);
    watchers = [await product.start(['projector']), await product.start(['projector'])];
  });
  let watchers: Stoppable[] = [];
  let roles: Record<'api' | 'worker', Stoppable>;
  afterAll(async () => {
    await Promise.all([...watchers, roles.api, roles.worker].map((part) => part.stop()));
    await product.stop();
  });

  const alarms = async (): Promise<Alarm[]> =>
    ((await (await product.api('/api/v1/alarms')).json()) as { alarms: Alarm[] }).alarms;
  const heard = async (part: string) =>
    (await product.outside.telegram.transcript(ON_CALL)).messages
      .map(({ text }) => text ?? '')
      .filter((text) => text.includes(part));
  const hears = (part: string) =>
    eventually(`the people on call to hear "${part}"`, async () => (await heard(part)).length > 0);
  const events = (type: string) =>
    product.db.select().from(automationEvents).where(eq(automationEvents.eventType, type));

  it('never hear of a webhook taken away, deleted or given another secret: it is set again, with a trace', async () => {
    const { telegram } = product.outside;
    const url = `${product.settings.publicUrl}/webhooks/telegram/default`;
    const ours = () =>
      eventually('the webhook to be ours', async () => {
        const { webhook } = await telegram.bot();
        return webhook?.url === url && webhook.secretToken === 'test-webhook-secret';
      });
    await ours();
    const chat = product.chat();
    await telegram.tamper({ secretToken: 'another-secret' });
    // Refused until the secret is ours again, and not lost.
    await chat.say('/help');
    await chat.hears('/');
    await ours();
    await telegram.tamper(null);
    await ours();
    expect((await events('webhook.repaired')).map(({ data }) => data.why)).toEqual(['secret', 'deleted']);
    expect(await heard('lar')).toEqual([]);
  });

  it('hear once that somebody takes the webhook again and again, and that it is over', async () => {
    const { telegram } = product.outside;
    await telegram.tamper({ url: 'https://elsewhere.example/secret-path' });
    await hears('elsewhere.example');
    await hears('All clear');
    expect(await heard('Alarm')).toHaveLength(1);
    expect((await heard('elsewhere.example')).join()).not.toContain('secret-path');
    const [alarm] = await alarms();
    expect(alarm).toMatchObject({ kind: 'webhook_foreign', subject: 'default', told: 'told' });
    expect((await telegram.bot()).webhook?.url).toContain('/webhooks/telegram/default');
    expect(await events('alarm.raised')).toHaveLength(1);
    expect(await events('alarm.cleared')).toHaveLength(1);
  });

  it('hear of runs that do not go on, with the cause on the run; the customer hears once; all is well when it goes on', async () => {
    const { telegram } = product.outside;
    const chat = product.chat();
    await chat.say('/help');
    await chat.hears('/');
    await chat.settled();
    const id = await chat.conversationId();
    await product.db.update(conversations).set({ locale: 'kk' }).where(eq(conversations.id, id));
    // A conversation is a workflow as well: here is one that somebody has signalled nonsense.
    const other = product.chat();
    await other.say('/help');
    await other.hears('/');
    await other.settled();
    const conversation = product.temporal.workflow.getHandle(
      conversationWorkflowId(await other.conversationId()),
    );
    await conversation.signal('inbound', null);
    await other.say('/help');
    await chat.say('/stumble');
    await chat.hears(say('kk', 'failure.stuck'), 60_000);
    await hears('A mistake in the code of this process.');
    const run = await eventually('the cause on the run', async () =>
      (await chat.runs()).find(({ cause }) => cause !== null),
    );
    expect(run).toMatchObject({ status: 'running', cause: { type: 'workflow task failed' } });
    expect(await heard('"stumble"')).toHaveLength(1);

    await product.db.update(conversations).set({ locale: 'en' }).where(eq(conversations.id, id));
    await chat.hears('Up again.', 60_000);
    await eventually('the all-clear', async () => (await heard('"stumble"')).length === 2);
    const done = await chat.run('stumble', 'succeeded');
    expect(done.cause).toBeNull();
    await hears('"conversation"');
    await other.hears(STUCK);
    await conversation.terminate('repaired');
    await eventually('everything to be well', async () =>
      (await alarms()).every(({ cleared_at, told }) => cleared_at !== null && told === 'told'),
    );
    expect((await other.said()).filter((text) => STUCK.test(text))).toHaveLength(1);
    const said = await chat.said();
    expect(said.filter((text) => text === say('kk', 'failure.stuck'))).toHaveLength(1);
    expect((await telegram.bot()).pending).toEqual([]);
  });

  it('hear of messages without an answer and of messages not taken up, also when Telegram was away meanwhile', async () => {
    const { outside, db } = product;
    await roles.worker.stop();
    const chat = product.chat();
    const before = (await heard('neither an answer nor a run')).length;
    await chat.say('/help');
    await eventually(
      'the people on call to hear of it',
      async () => (await heard('neither an answer nor a run')).length > before,
    );

    const back = await outside.mischief.takeDown('telegram');
    await roles.api.stop();
    const id = await chat.conversationId();
    await db.update(messages).set({ dispatchedAt: null }).where(eq(messages.conversationId, id));
    const untold = await eventually('the alarm that cannot be told', async () => {
      const rows = await db.select().from(table).where(eq(table.kind, 'undispatched'));
      return rows.find(({ tries }) => tries > 0);
    });
    expect(untold).toMatchObject({ raiseToldAt: null, tellError: expect.any(String) });
    await back();
    await hears('are stored but not handled');

    roles = { api: await product.start(['api']), worker: await product.start(['worker']) };
    await chat.hears('/');
    await eventually('both all-clears', async () => {
      const clears = await heard('All clear');
      return ['neither an answer', 'stored but not'].every((part) =>
        clears.some((text) => text.includes(part)),
      );
    });
  });

  it('see what was wrong in the API and what is wrong in the metrics', async () => {
    const open = await eventually('everything to be well', async () => {
      const answer = (await (await product.api('/api/v1/alarms?open=true')).json()) as { alarms: Alarm[] };
      return answer.alarms.length === 0 ? answer : undefined;
    });
    expect(open.alarms).toEqual([]);
    const kinds = (await alarms()).map(({ kind }) => kind);
    expect(kinds).toEqual(
      expect.arrayContaining(['unanswered', 'undispatched', 'run_stuck', 'webhook_foreign']),
    );
  });

  it('ask the doctor, who finds a healthy installation healthy and names what is wrong with another', async () => {
    const [well, ill] = await Promise.all([
      doctor(product),
      doctor(product, {
        API_TOKEN: 'not-the-one',
        TELEGRAM_BOT_TOKEN: '99:somebody-elses-bot',
        OPENAI_API_KEY: 'sk-secret',
      }),
    ]);
    expect(well.page.findings.filter(({ state }) => state === 'fail')).toEqual([]);
    expect(well.code).toBe(0);
    const names = new Set(well.page.findings.map(({ name }) => name));
    for (const name of [
      'configuration',
      'database',
      'migrations',
      'temporal',
      'search attributes',
      'projection',
    ])
      expect(names, name).toContain(name);
    for (const name of [
      'api token',
      'channel default',
      'crm of default',
      'waiting runs',
      'sends',
      'disk',
      'keys',
      'alarms',
    ])
      expect(names, name).toContain(name);

    expect(ill.code).toBe(1);
    expect(ill.page.healthy).toBe(false);
    const failed = ill.page.findings.filter(({ state }) => state === 'fail');
    expect(failed.map(({ name }) => name)).toEqual(expect.arrayContaining(['api token', 'channel default']));
    for (const { todo } of failed) expect(todo).toMatch(/\S/);
    for (const secret of [
      'not-the-one',
      'somebody-elses',
      'sk-secret',
      'test-api-token',
      'test-webhook-secret',
    ])
      expect(well.text + ill.text).not.toContain(secret);
  });
});
