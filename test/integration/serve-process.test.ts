import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { connectDatabase } from '../../db/client.ts';
import { adminSql, databaseUrl } from '../setup/database.ts';
import { type Cable, openCable } from '../support/cable.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';
import { type Served, serve } from '../support/served.ts';

const ATTRIBUTES = ['Tenant', 'Process', 'RunState', 'WaitingOn'];

describe('npm run serve', () => {
  let product: Product;
  let connection: Connection;
  const started: Served[] = [];
  beforeAll(async () => {
    product = await startProduct({
      name: 'serve',
      roles: [],
      env: { LOG_LEVEL: 'info' },
      // No word but the answer, so that replies can be counted.
      timing: { workingOnItMs: 60_000 },
    });
    connection = await Connection.connect({ address: inject('temporalAddress') });
  });
  afterAll(async () => {
    for (const process of started) process.kill('SIGKILL');
    await Promise.all(started.map((process) => process.exited));
    await connection.close();
    await product.stop();
  });

  const run = async (...options: Parameters<typeof serve>) => {
    const process = await serve(...options);
    started.push(process);
    return process;
  };
  const withoutSecrets = () => {
    const { DATABASE_URL: _, API_TOKEN: __, ENCRYPTION_KEYS: ___, ...env } = product.env;
    return env;
  };

  it('names every fault of the settings at once, without a stack, and ends with 1', async () => {
    const process = await run({
      env: { ...withoutSecrets(), TELEGRAM_BOT_TOKEN: 'nonsense' },
      yaml: 'port: many\nunheard: of\n',
    });
    expect((await process.exited).code).toBe(1);
    for (const fault of ['databaseUrl', 'apiToken', 'encryption.keys', 'token', 'unheard']) {
      expect(process.output()).toContain(fault);
    }
    expect(process.output()).not.toMatch(/^\s+at /m);
    expect(process.output()).not.toContain('nonsense');
  });

  it('refuses an unknown role with 2, and to start without knowing its commit with 1', async () => {
    const role = await run({ env: product.env, yaml: product.yaml, args: ['--role', 'boss'] });
    // Without a git program a checkout tells nothing, and no build file was made.
    const nameless = await run({ env: { ...product.env, PATH: '/nowhere' }, yaml: product.yaml });
    expect((await role.exited).code).toBe(2);
    expect(role.output()).toContain('Usage');
    expect((await nameless.exited).code).toBe(1);
    expect(nameless.output()).toContain('DIRIGENT_COMMIT');
    expect(nameless.output()).not.toMatch(/^\s+at /m);
  });

  it('brings up a new database and namespace with two at once, is ready only then, and drains with 0', async () => {
    const admin = adminSql(inject('postgresAdminUrl'));
    const name = `serve_empty_${randomBytes(4).toString('hex')}`;
    await admin`create database ${admin(name)}`;
    await admin.end();
    const url = databaseUrl(inject('postgresAdminUrl'), name);
    await connection.workflowService.registerNamespace({
      namespace: name,
      workflowExecutionRetentionPeriod: msToTs('1 day'),
    });
    const env: Record<string, string> = {
      ...product.env,
      DATABASE_URL: url,
      TEMPORAL_NAMESPACE: name,
      DIRIGENT_COMMIT: 'abc123',
      DIRIGENT_BUILD_TIME: '2026-01-31T09:00:00Z',
    };
    // The first one must not be ready before its tables are there: another session holds the lock.
    const other = connectDatabase({ url, name: 'other', max: 1 });
    await other.db.execute(sql`select pg_advisory_lock(7304115)`);
    const { PORT: _, ...anyPort } = env;
    const both = await Promise.all(
      [1, 2].map(() => run({ env: anyPort, yaml: product.yaml, args: ['--role', 'all'] })),
    );
    for (const process of both) {
      const answer = await eventually('it to listen', () => process.readiness());
      expect(answer.status).toBe(503);
      expect(answer.body.checks).toMatchObject([{ name: 'start', ok: false }]);
      expect(answer.body.checks[0]?.reason).toContain('database');
      expect((await fetch(`${process.url}/health`)).status).toBe(200);
    }
    await other.close();
    await Promise.all(both.map((process) => process.ready()));
    const [first] = both;
    const answer = await first?.readiness();
    expect(answer?.body.checks.map((check) => check.name).sort()).toEqual([
      'engine',
      'intake',
      'postgres',
      'temporal',
      'worker',
    ]);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: name });
    expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(ATTRIBUTES));
    const version = await (await fetch(`${first?.url}/version`)).json();
    expect(version).toMatchObject({ commit: 'abc123', built_at: '2026-01-31T09:00:00Z' });

    for (const process of both) process.kill('SIGTERM');
    for (const process of both) {
      expect(await process.exited).toEqual({ code: 0, signal: null });
      expect(process.output()).not.toContain('"level":"error"');
      for (const secret of Object.values(product.env).filter((value) => /token|:\/\/.*@/.test(value))) {
        expect(process.output()).not.toContain(secret);
      }
    }
  });

  it('tells what is away, and is ready again when it is back', async () => {
    const postgres = new URL(product.env.DATABASE_URL ?? '');
    const [host, port] = inject('temporalAddress').split(':');
    const cables: Record<string, Cable> = {
      postgres: await openCable(Number(postgres.port)),
      temporal: await openCable(Number(port)),
    };
    postgres.port = String(cables.postgres?.port);
    const process = await run({
      env: {
        ...product.env,
        DATABASE_URL: postgres.href,
        TEMPORAL_ADDRESS: `${host}:${cables.temporal?.port}`,
      },
      yaml: product.yaml,
    });
    await process.ready();
    for (const [name, cable] of Object.entries(cables)) {
      await cable.cut();
      const answer = await eventually(`${name} to be missed`, async () => {
        const now = await process.readiness();
        return now?.status === 503 ? now.body : undefined;
      });
      const missing = answer.checks.filter((check) => !check.ok);
      expect(missing.map((check) => check.name)).toEqual([name]);
      expect(missing[0]?.reason).toBeTruthy();
      await cable.plug();
      await process.ready();
    }
    const chat = product.chat();
    await chat.say('Сколько стоит доставка по городу?');
    await chat.hears(/доставк/i);
    process.kill('SIGTERM');
    expect((await process.exited).code).toBe(0);
    for (const cable of Object.values(cables)) await cable.close();
  });

  it('starts before its servers do', async () => {
    const cable = await openCable(1);
    await cable.cut();
    const url = new URL(product.env.DATABASE_URL ?? '');
    url.port = String(cable.port);
    const process = await run({ env: { ...product.env, DATABASE_URL: url.href }, yaml: product.yaml });
    await process.logged(/database cannot be reached/i);
    expect((await eventually('it to listen', () => process.readiness())).status).toBe(503);
    // It can be stopped while it waits.
    process.kill('SIGTERM');
    expect((await process.exited).code).toBe(0);
  });

  it('finishes the step under way when it is drained, and the customer hears the answer once', async () => {
    const worker = await run({ env: product.env, yaml: product.yaml });
    await worker.ready();
    const { id } = await product.outside.mischief.add({
      service: 'ollama',
      kind: 'hold',
      model: 'qwen3:30b',
      times: 1,
    });
    const before = (await product.outside.llm.requests()).at(-1)?.seq ?? 0;
    const chat = product.chat();
    await chat.say('Сколько стоит доставка по городу?');
    await product.outside.mischief.waitForHeld(id);
    worker.kill('SIGTERM');
    await worker.logged(/Draining/);
    await product.outside.mischief.remove(id);
    expect((await worker.exited).code).toBe(0);
    const next = await run({ env: product.env, yaml: product.yaml });
    await chat.hears(/доставк/i, 30_000);
    await chat.settled();
    expect(await chat.said()).toHaveLength(1);
    // The model was asked once for it: the step ended with the process that began it.
    const asked = await product.outside.llm.requests({ after: before });
    expect(asked.filter((request) => JSON.stringify(request).includes('qwen3:30b'))).toHaveLength(1);
    next.kill('SIGTERM');
    expect((await next.exited).code).toBe(0);
  });

  it('ends with a code other than 0 when its worker cannot go on', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'dirigent-serve-'));
    const options = {
      env: { ...product.env, DATA_DIR: dataDir },
      yaml: product.yaml,
      args: ['--role', 'worker'],
    };
    const well = await run(options);
    await well.ready();
    well.kill('SIGTERM');
    await well.exited;
    const bundles = join(dataDir, 'bundles');
    expect(readdirSync(bundles)).toHaveLength(1);
    for (const name of readdirSync(bundles)) writeFileSync(join(bundles, name), 'nonsense');
    const broken = await run(options);
    expect(await broken.exited).toEqual({ code: 1, signal: null });
    expect(broken.output()).toContain('"level":"fatal"');
    rmSync(dataDir, { recursive: true, force: true });
  });
});
