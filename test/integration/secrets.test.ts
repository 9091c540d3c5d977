import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createLogger } from '../../config/logger.ts';
import { grantUse } from '../../db/role.ts';
import { callbacks } from '../../db/schema/index.ts';
import { faults, SANDBOX_DEFAULTS } from '../../sandbox/client.ts';
import { migrateAsOwner, migrateWhenReachable } from '../../workers/schema.ts';
import type { ProcessDefinition } from '../../workflows/kit/definition.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { consult } from '../fixtures/workflows/consult.ts';
import { priceChanged } from '../fixtures/workflows/triggered.ts';
import { adminSql, createDatabase, databaseUrl } from '../setup/database.ts';
import { startWithFixtures } from '../support/conversation.ts';
import { TEST_KEYS } from '../support/encryption.ts';
import { eventually } from '../support/eventually.ts';
import type { Product } from '../support/product.ts';
import { createSearch } from '../support/traces.ts';

const random = () => Math.random().toString(36).slice(2);

/** Everything that lets somebody act as the product, or read what it encrypts; planted so that a search can find it. */
const SECRET = {
  webhook: 'canary-webhook-secret',
  callback: 'canary-callback-secret',
  hook: 'canary-hook-secret-0123456789',
  glm: 'canary0glm0key.0123456789',
  openai: 'canary-openai-key-0123456789',
  uiSecret: 'canary-ui-secret-0123456789',
  database: `canary${random()}`,
  bot: SANDBOX_DEFAULTS.botToken.split(':')[1] ?? '',
  bitrix: SANDBOX_DEFAULTS.bitrixCode,
  api: 'test-api-token',
  key: TEST_KEYS.split(':')[1] ?? '',
};
/** What the customer says, and nobody else. */
const CUSTOMER = { name: 'Канарейкин', phone: '7015554433', words: 'пёстрокрылый' };
const role = `dirigent_app_${random()}`;

const secrets = createSearch(Object.values(SECRET));
const words = createSearch(Object.values(CUSTOMER));

describe('a product whose secrets can be searched for, by the role that owns nothing', () => {
  let product: Product;
  let ownerUrl: string;
  let appUrl: string;
  const lines: string[] = [];
  const dataDir = mkdtempSync(join(tmpdir(), 'dirigent-secrets-'));
  const asApp = (url: string) => {
    const app = new URL(url);
    app.username = role;
    app.password = SECRET.database;
    return app.href;
  };

  beforeAll(async () => {
    ownerUrl = await createDatabase('secrets');
    appUrl = asApp(ownerUrl);
    await grantUse(ownerUrl, appUrl);
    product = await startWithFixtures({
      name: 'secrets',
      databaseUrl: ownerUrl,
      processes: [
        ...PROCESSES,
        consult.definition,
        priceChanged.definition,
      ] as unknown as ProcessDefinition[],
      onLog: (line) => lines.push(line),
      timing: { crmWaitMs: 1_500, outagePauseMs: 200, outagePauseMaxMs: 400, workingOnItMs: 60_000 },
      env: {
        DATABASE_URL: appUrl,
        DATA_DIR: dataDir,
        TELEGRAM_WEBHOOK_SECRET: SECRET.webhook,
        CALLBACK_SECRET: SECRET.callback,
        HOOK_SECRET_PRICE_CHANGED: SECRET.hook,
        GLM_API_KEY: SECRET.glm,
        OPENAI_API_KEY: SECRET.openai,
        CODEC_UI_SECRET: SECRET.uiSecret,
        CODEC_UI_ORIGINS: 'http://localhost:8233',
      },
    });
  });
  afterAll(async () => {
    await product.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  const order = `Хочу заказать ${CUSTOMER.words} шкаф, меня зовут ${CUSTOMER.name}, телефон +7${CUSTOMER.phone}`;

  /** Outside services that fail with what they were asked with in their words. */
  async function everythingFails() {
    const { mischief } = product.outside;
    const echo = (secret: string) => `Incorrect credentials provided: ${secret}`;
    await mischief.add({ service: 'ollama', method: 'chat', kind: 'status', status: 500, times: 2 });
    await mischief.add({
      ...{ service: 'openai', path: '/glm/*', times: 1 },
      ...faults.openAiError(401, echo(SECRET.glm)),
    });
    await mischief.add({
      ...{ service: 'openai', path: '/openai/*', times: 1 },
      ...faults.openAiError(401, echo(SECRET.openai)),
    });
    await mischief.add({
      ...{ service: 'bitrix24', times: 1 },
      ...faults.bitrixError(500, 'INTERNAL', `failed at http://portal/rest/1/${SECRET.bitrix}/crm.lead.add`),
    });
    await mischief.add({ service: 'bitrix24', kind: 'lose_request', times: 1 });
    await mischief.add({ service: 'telegram', method: 'sendMessage', kind: 'lose_request', times: 1 });
    await mischief.add({
      ...{ service: 'telegram', method: 'sendMessage', times: 1 },
      ...faults.telegramError(400, `Bad Request: ${SANDBOX_DEFAULTS.botToken}`),
    });
  }

  /** What somebody would send who guesses, or mistakes one place for another. */
  async function mistakenCallers() {
    const wrong = (path: string, headers: Record<string, string>, body: string) =>
      fetch(`${product.app?.url}${path}`, { method: 'POST', headers, body });
    const json = { 'content-type': 'application/json' };
    const broken = `{"token": "${SECRET.api}", "hook": "${SECRET.hook}"`;
    await wrong(
      '/webhooks/telegram/default',
      { ...json, 'x-telegram-bot-api-secret-token': SECRET.webhook },
      broken,
    );
    await wrong('/hooks/price_changed', { ...json, 'x-hook-secret': SECRET.hook }, broken);
    await wrong(`/codec/ui/${SECRET.uiSecret}/decode`, { ...json, origin: 'http://localhost:8233' }, broken);
    await wrong(`/callbacks/${SECRET.callback}`, json, '{}');
    await wrong(
      `/nowhere/${SECRET.api}?token=${SECRET.api}`,
      { authorization: `Bearer ${SECRET.api}` },
      broken,
    );
    await wrong(
      '/codec/login',
      { 'content-type': 'application/x-www-form-urlencoded' },
      `token=${SECRET.api}`,
    );
    await product.api('/api/v1/processes/consult/runs', { method: 'POST', body: broken });
  }

  it('leaves none of them in a table, history, metric, file or log, whatever fails', async () => {
    const chat = product.chat();
    await everythingFails();
    await chat.say(order);
    await chat.run('crm_push', 'succeeded');
    await mistakenCallers();
    const hook = await fetch(`${product.app?.url}/hooks/price_changed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-hook-secret': SECRET.hook, 'idempotency-key': 'one' },
      body: JSON.stringify({ sku: 'a', price: 1 }),
    });
    expect(hook.status).toBeLessThan(300);
    await product.api('/api/v1/processes/consult/runs', {
      method: 'POST',
      headers: { 'idempotency-key': 'secrets' },
      body: JSON.stringify({ input: {} }),
    });
    const [opened] = await eventually('the callback to be opened', async () => {
      const rows = await product.db.select().from(callbacks);
      return rows.length > 0 && rows;
    });
    await chat.settled();
    const metrics = await (await fetch(`${product.app?.url}/metrics`)).text();

    const unheard = (await product.outside.mischief.list()).filter(({ fired }) => fired === 0);
    expect(unheard).toEqual([]);
    // It is searched for where it is: what finds nothing proves nothing.
    expect((await words.inTables(product)).length).toBeGreaterThan(3);
    expect((await words.inHistories(product, 'decoded')).length).toBeGreaterThan(0);
    expect(lines.length).toBeGreaterThan(20);

    const all = createSearch([...Object.values(SECRET), opened?.secret ?? '']);
    expect(await secrets.inTables(product)).toEqual([]);
    expect(await all.inHistories(product, 'decoded')).toEqual([]);
    expect(await all.inHistories(product, 'kept')).toEqual([]);
    expect(all.inText(metrics)).toEqual([]);
    expect(all.inFiles(dataDir)).toEqual([]);
    expect(lines.filter((line) => all.inText(line).length > 0)).toEqual([]);
  });

  it('leaves nothing that a customer said readable in the engine, in a log or in a metric', async () => {
    const metrics = await (await fetch(`${product.app?.url}/metrics`)).text();
    expect(await words.inHistories(product, 'kept')).toEqual([]);
    expect(words.inText(metrics)).toEqual([]);
    expect(words.inText(lines.join('\n'))).toEqual([]);
  });

  it('reads and writes rows, and may do nothing else to the database', async () => {
    const sql = postgres(appUrl, { max: 1, onnotice: () => undefined });
    try {
      const [row] = await sql`select usesuper, usecreatedb from pg_user where usename = current_user`;
      expect(row).toEqual({ usesuper: false, usecreatedb: false });
      for (const statement of [
        'create table mine (id int)',
        'create temporary table mine (id int)',
        'create schema mine',
        'alter table messages add column mine int',
        'drop table messages',
        'truncate messages',
        'alter table messages disable trigger all',
        'delete from drizzle.__drizzle_migrations',
        'create role somebody',
        "copy messages to program 'cat'",
        "select pg_read_file('/etc/passwd')",
      ]) {
        await expect(sql.unsafe(statement), statement).rejects.toMatchObject({ code: '42501' });
      }
    } finally {
      await sql.end();
    }
  });

  it('waits for tables that are not its to make, and finds them made', async () => {
    const adminUrl = inject('postgresAdminUrl');
    const name = `secrets_empty_${random()}`;
    const sql = adminSql(adminUrl);
    await sql.unsafe(`create database ${name}`).finally(() => sql.end());
    const [owner, app] = [databaseUrl(adminUrl, name), asApp(databaseUrl(adminUrl, name))];
    const said: string[] = [];
    const log = createLogger({ level: 'warn', destination: { write: (line) => said.push(line) } });
    const waiting = migrateWhenReachable(app, log, AbortSignal.timeout(60_000));
    await eventually('it to say that it waits', async () => said.join().includes('not ours to change'));
    await migrateAsOwner(owner, log);
    await grantUse(owner, app);
    await waiting;
  });
});
