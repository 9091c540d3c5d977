import { setTimeout as sleep } from 'node:timers/promises';
import { openCallback, pathOfCallback } from '../../db/queries/callbacks.ts';
import { tenants } from '../../db/schema/index.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { type startStack, WEBHOOK_SECRET } from '../support/stack.ts';
import type { Description, Surface } from './requests.ts';

type Stack = Pick<Awaited<ReturnType<typeof startStack>>, 'api' | 'db'>;

const CALLBACKS = 20;
export const HOOK = { process: 'price_changed', secret: 'a-secret-of-the-fuzzer' };

/** Where the product can be reached, and enough that exists there to get beyond a 404. */
export async function surfaceOf({ api, db }: Stack, apiToken: string): Promise<Surface> {
  const description = (await (await api('/openapi.json')).json()) as Description;
  await seed(api);
  const [tenant] = await db.select().from(tenants);
  if (!tenant) throw new Error('There is no tenant.');
  const tokens: string[] = [];
  for (let n = 0; n < CALLBACKS; n++) {
    const { callbackId } = await openCallback(db, {
      tenantId: tenant.id,
      workflowId: `ocr/fuzz-${n}`,
      key: `fuzz-${n}`,
      correlationId: 'fuzz',
    });
    const path = await pathOfCallback(db, { tenantId: tenant.id, callbackId });
    tokens.push(path.split('/').at(-1) ?? '');
  }
  return {
    description,
    credentials: {
      '/api/': { authorization: `Bearer ${apiToken}` },
      '/webhooks/': { 'x-telegram-bot-api-secret-token': WEBHOOK_SECRET },
      '/hooks/': { 'x-hook-secret': HOOK.secret },
    },
    known: await knownIds(api, description),
    places: {
      channel: ['default'],
      token: tokens,
      process: [HOOK.process],
      name: PROCESSES.map(({ name }) => name),
      file: ['start.js', 'swagger-ui.css'],
    },
  };
}

/** A customer, a conversation and a lead. */
async function seed(api: Stack['api']): Promise<void> {
  for (let n = 1; n <= 5; n++) {
    const answer = await api('/webhooks/telegram/default', {
      method: 'POST',
      headers: { 'x-telegram-bot-api-secret-token': WEBHOOK_SECRET },
      body: JSON.stringify({
        update_id: 2_100_000_000 + n,
        message: {
          message_id: n,
          date: 1_790_000_000,
          chat: { id: n, type: 'private' },
          from: { id: n, is_bot: false, first_name: 'Анна' },
          text: 'Сколько стоит доставка?',
        },
      }),
    });
    if (!answer.ok) throw new Error(`The fuzzer's customer was answered with ${answer.status}.`);
  }
  await sleep(0);
}

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Ids in what the lists of the API answer. */
async function knownIds(api: Stack['api'], { paths }: Description): Promise<string[]> {
  const found = new Set<string>();
  for (const path of Object.keys(paths)) {
    if (!path.startsWith('/api/') || path.includes('{') || paths[path]?.get === undefined) continue;
    for (const id of (await (await api(path)).text()).match(UUID) ?? []) found.add(id);
  }
  return [...found].slice(0, 200);
}
