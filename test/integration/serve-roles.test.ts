import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { messages } from '../../db/schema/index.ts';
import { ROLES } from '../../workers/app.ts';
import { type Cable, openCable } from '../support/cable.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { type Product, startProduct } from '../support/product.ts';
import { type Served, serve } from '../support/served.ts';

/** Of one role's pool, and one that listens. */
const MOST_CONNECTIONS = 11;

describe('roles in processes of their own', () => {
  let product: Product;
  let engine: Cable;
  let api: Served;
  let others: Served[];
  beforeAll(async () => {
    product = await startProduct({
      name: 'serve_roles',
      roles: [],
      env: { LOG_LEVEL: 'info' },
      // No word but the answer, so that replies can be counted.
      timing: { workingOnItMs: 60_000 },
    });
    const [host, port] = inject('temporalAddress').split(':');
    engine = await openCable(Number(port));
    product.env.API_ENGINE = `${host}:${engine.port}`;
    api = await startApi();
    others = await Promise.all(
      ['worker', 'projector'].map(async (role) =>
        serve({
          env: { ...product.env, PORT: String(await freePort()) },
          yaml: product.yaml,
          args: ['--role', role],
        }),
      ),
    );
    await Promise.all([api, ...others].map((process) => process.ready()));
  });
  afterAll(async () => {
    for (const process of [api, ...others]) {
      process.kill('SIGTERM');
      expect((await process.exited).code).toBe(0);
    }
    await engine.close();
    await product.stop();
  });

  /** Reaches the engine over a cable that can be cut. */
  function startApi() {
    const { API_ENGINE: address, ...env } = product.env;
    return serve({
      env: { ...env, TEMPORAL_ADDRESS: address ?? '' },
      yaml: product.yaml,
      args: ['--role', 'api'],
    });
  }
  const stored = async (chat: Chat) =>
    product.db
      .select()
      .from(messages)
      .where(eq(messages.chatId, String(chat.id)));
  const waiting = async (chat: Chat) =>
    (await stored(chat)).filter((row) => row.dispatchedAt === null).length;

  it('answer probes, and only what is theirs', async () => {
    for (const process of others) {
      expect((await fetch(`${process.url}/health`)).status).toBe(200);
      expect((await fetch(`${process.url}/metrics`)).status).toBe(200);
      expect((await fetch(`${process.url}/api/v1/runs`)).status).toBe(404);
    }
  });

  it('carry a message through, and its run is seen by hints from process to process', async () => {
    const chat = product.chat();
    await chat.say('Сколько стоит доставка по городу?');
    await chat.hears(/доставк/i);
    await chat.run('answer', 'succeeded');
    // Counts writes that a hint caused; those of a sweep are not measured.
    const text = await (await fetch(`${others[1]?.url}/metrics`)).text();
    const hinted = /^dirigent_projection_lag_seconds_count (\d+)/m.exec(text)?.[1];
    expect(Number(hinted)).toBeGreaterThan(0);

    // Each has spoken to the database over a bounded pool of its own.
    const rows = await product.db.execute<{ name: string; connections: number }>(
      sql`select application_name as name, count(*)::int as connections from pg_stat_activity
        where datname = current_database() and application_name like 'dirigent-%' group by 1`,
    );
    const used = new Map(rows.map(({ name, connections }) => [name, connections]));
    for (const role of ROLES) {
      expect(used.get(`dirigent-${role}`), role).toBeGreaterThan(0);
      expect(used.get(`dirigent-${role}`), role).toBeLessThanOrEqual(MOST_CONNECTIONS);
    }
  });

  it('store what customers write while the engine is away, and deliver it in order when it is back', async () => {
    const chat = product.chat();
    await engine.cut();
    await eventually('the loss to be noticed', async () => (await api.readiness())?.status === 503);
    for (const text of ['/help', '/nonsense', '/help']) await chat.say(text);
    await eventually('three stored messages', async () => (await waiting(chat)) === 3);
    const started = await fetch(`${api.url}/api/v1/processes/request/runs`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${product.env.API_TOKEN}`,
        'content-type': 'application/json',
        'idempotency-key': 'while-away',
      },
      body: JSON.stringify({ input: {} }),
    });
    expect(started.status).toBe(503);
    await engine.plug();
    await eventually('all to be delivered', async () => (await waiting(chat)) === 0, 30_000);
    await eventually('three answers', async () => (await chat.said()).length >= 3);
    await chat.settled();
    const said = await chat.said();
    expect(said).toHaveLength(3);
    expect(said[0]).toBe(said[2]);
    expect(said[1]).not.toBe(said[0]);
    await api.ready();
  });

  it('deliver what a killed API had stored and not told', async () => {
    const chat = product.chat();
    await engine.cut();
    await chat.say('Сколько стоит доставка по городу?');
    await eventually('the stored message', async () => (await waiting(chat)) === 1);
    api.kill('SIGKILL');
    await api.exited;
    await engine.plug();
    api = await startApi();
    await chat.hears(/доставк/i, 30_000);
    await chat.settled();
    expect(await chat.said()).toHaveLength(1);
    const [numbers] = await product.db.execute(
      sql`select count(*)::int as n, max(number)::int as top from messages where chat_id = ${String(chat.id)} and direction = 'inbound'`,
    );
    expect(numbers).toEqual({ n: 1, top: 1 });
  });

  it('log what Telegram said of the bot and its webhook', async () => {
    expect(await api.logged(/Telegram knows this bot/)).toMatchObject({ channel: 'default' });
    expect(await api.logged(/^Webhook\.$/)).toMatchObject({
      changed: expect.any(Boolean),
      url: `${product.env.PUBLIC_URL}/webhooks/telegram/default`,
    });
  });

  it('log one line for each update, with its correlation id and without its text', async () => {
    const chat = product.chat();
    const secret = 'Сколько стоит секретный груз?';
    const { updateId } = await chat.say(secret);
    await chat.hears(/./);
    const ofUpdate = () =>
      api.lines.filter((line) => line.message === 'update' && line.updateId === updateId);
    // What a process has written reaches us later than what it has done.
    await eventually('its line', async () => ofUpdate().length > 0);
    const lines = ofUpdate();
    expect(lines).toHaveLength(1);
    const [row] = await stored(chat);
    expect(lines[0]).toMatchObject({
      channel: 'default',
      outcome: 'message',
      correlationId: row?.correlationId,
    });
    const run = await chat.run('answer', 'succeeded');
    expect(run.correlationId).toBe(row?.correlationId);
    for (const process of [api, ...others]) {
      expect(process.output()).not.toContain('секретный');
      expect(process.output()).not.toContain(product.env.TELEGRAM_BOT_TOKEN);
    }
  });

  it('log what fails in a run, in the SDK as well, with the correlation id of its message', async () => {
    const { id } = await product.outside.mischief.add({
      service: 'bitrix24',
      kind: 'status',
      status: 400,
      body: { error: 'ERROR_CORE', error_description: 'no' },
    });
    const chat = product.chat();
    await chat.say('Хочу купить шкаф, меня зовут Пётр, телефон +7 701 555 77 66');
    const run = await chat.run('crm_push', 'failed');
    await product.outside.mischief.remove(id);
    await eventually('the lines of the failure', async () => {
      const lines = others[0]?.lines.filter((line) => line.correlationId === run.correlationId) ?? [];
      return ['Activity failed', 'Workflow failed'].every((message) =>
        lines.some((line) => line.message === message),
      );
    });
    expect(others[0]?.output()).not.toMatch(/555\D?77\D?66/);
  });
});
