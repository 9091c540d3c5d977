import { randomBytes } from 'node:crypto';
import {
  visit,
  walkGetWorkflowExecutionHistoryResponse,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { type History, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EncryptionKeys } from '../../config/encryption.ts';
import { ROLES } from '../../workers/app.ts';
import { keys as keysOfOpenRuns } from '../../workers/doctor/engine.ts';
import { createDataConverter } from '../../workers/encryption/converter.ts';
import { projectionCommand } from '../../workers/projector/cli.ts';
import type { ProcessDefinition } from '../../workflows/kit/definition.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { failing } from '../fixtures/workflows/failing.ts';
import type { Chat } from '../support/chat.ts';
import { startWithFixtures } from '../support/conversation.ts';
import { historyText, rawHistory } from '../support/history.ts';
import type { Product } from '../support/product.ts';

interface Wire {
  metadata: Record<string, string>;
  data?: string;
}

const plain = (base64: string | undefined) => Buffer.from(base64 ?? '', 'base64').toString();

/** Payloads of a history as the engine keeps them, in their JSON form; those that the server reads left out. */
async function payloadsOf(history: History): Promise<Wire[]> {
  const found: Wire[] = [];
  const keep = (payload: { metadata?: Record<string, Uint8Array> | null; data?: Uint8Array | null }) => {
    const metadata = Object.entries(payload.metadata ?? {}).map(([name, value]) => [
      name,
      Buffer.from(value).toString('base64'),
    ]);
    found.push({
      metadata: Object.fromEntries(metadata),
      data: Buffer.from(payload.data ?? []).toString('base64'),
    });
  };
  await visit({ history }, walkGetWorkflowExecutionHistoryResponse, {
    transformPayload: async (payload) => {
      keep(payload);
      return payload;
    },
    transformPayloads: async (payloads) => {
      payloads.forEach(keep);
      return payloads;
    },
    skipHeaders: true,
    skipSearchAttributes: true,
  });
  return found;
}

const encodingOf = ({ metadata }: Wire) => plain(metadata.encoding);
const keyOf = ({ metadata }: Wire) => plain(metadata['encryption-key-id']);
/** Name, attempt and times of a local activity: written by the engine's side of the SDK, which knows no codec. */
const isBookkeeping = ({ data }: Wire) => /^\{"seq":\d+,"attempt":\d+,"activity_id"/.test(plain(data));

describe('what Temporal keeps', () => {
  let product: Product;
  let chat: Chat;
  let lead: { workflowId: string; runId: string };
  let app: { stop(): Promise<void> } | undefined;
  beforeAll(async () => {
    const processes = [...PROCESSES, failing.definition] as unknown as ProcessDefinition[];
    product = await startWithFixtures({ name: 'encryption', processes });
    app = product.app;
    chat = product.chat();
    await chat.say('Хочу заказать шкаф, меня зовут Пётр');
    lead = await chat.run('lead', 'waiting_user');
  });
  afterAll(async () => {
    await app?.stop();
    await product.stop();
  });

  const kept = async (of = lead) => payloadsOf(await rawHistory(product.temporal, of.workflowId));

  it('is encrypted, but for search attributes and the bookkeeping of local activities', async () => {
    const payloads = await kept();
    expect(payloads.length).toBeGreaterThan(5);
    const readable = payloads.filter((payload) => encodingOf(payload) !== 'binary/encrypted');
    expect(readable.filter((payload) => !isBookkeeping(payload))).toEqual([]);
    expect(new Set(payloads.map(keyOf))).toEqual(new Set(['tests', ...(readable.length > 0 ? [''] : [])]));
  });

  it('hides why a run failed, which its row shows', async () => {
    await chat.say('/failing');
    const failed = await chat.run('failing', 'failed');
    expect(failed.cause).toMatchObject({ type: 'Fixture.Refused', message: 'The provider refused.' });
    const history = await rawHistory(product.temporal, failed.workflowId);
    expect(historyText(history)).not.toContain('refused.');
    const last = JSON.parse(historyToJSON(history)).events.at(-1);
    expect(last.workflowExecutionFailedEventAttributes.failure).toMatchObject({
      message: 'Encoded failure',
      applicationFailureInfo: { type: 'Fixture.Refused' },
    });
  });

  it('is read by whoever proves at the codec endpoint who they are', async () => {
    const body = JSON.stringify({ payloads: await kept() });
    const refused = await fetch(`${product.app?.url}/codec/decode`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(refused.status).toBe(401);
    const answer = await product.api('/codec/decode', { method: 'POST', body });
    const { payloads } = (await answer.json()) as { payloads: Wire[] };
    expect(payloads.map(({ data }) => plain(data)).join()).toContain('Пётр');
    const again = await product.api('/codec/encode', { method: 'POST', body: JSON.stringify({ payloads }) });
    const encoded = (await again.json()) as { payloads: Wire[] };
    expect(new Set(encoded.payloads.map(encodingOf))).toEqual(new Set(['binary/encrypted']));
  });

  it('stays readable when the key is changed: a run begun by the old one goes on and writes by the new one', async () => {
    const [old] = product.settings.encryption.keys.all;
    if (!old) throw new Error('The tests have no key.');
    const fresh = { id: '2027', secret: randomBytes(32) };
    const keys: EncryptionKeys = { active: fresh, all: [fresh, old] };
    await app?.stop();
    app = await product.start(ROLES, { encryption: { ...product.settings.encryption, keys } });
    const doctor = async (by: EncryptionKeys) => (await keysOfOpenRuns(product.temporal, product.db, by))[0];
    expect(await doctor(keys)).toMatchObject({ state: 'ok' });
    expect(await doctor({ active: fresh, all: [fresh] })).toMatchObject({
      state: 'fail',
      what: expect.stringMatching(/not configured: tests$/),
    });
    await chat.say('+7 701 555 66 77');
    await chat.hears('№');
    await chat.run('lead', 'succeeded');
    expect(new Set((await kept()).map(keyOf).filter(Boolean))).toEqual(new Set(['tests', '2027']));

    const verify = async (by: EncryptionKeys) => {
      const said: string[] = [];
      const { databaseUrl, temporal } = product.settings;
      const code = await projectionCommand(
        ['verify', '--task-queue', temporal.taskQueue],
        {
          databaseUrl,
          temporalAddress: temporal.address,
          temporalNamespace: temporal.namespace,
          dataConverter: createDataConverter(by),
        },
        (text) => said.push(text),
      );
      return { code, said: said.join('\n') };
    };
    expect(await verify(keys)).toMatchObject({ code: 0, said: expect.stringContaining(' 0 different') });
    // Whoever dropped the old key too early is told which one is missing.
    await expect(verify({ active: fresh, all: [fresh] })).rejects.toThrow('No key "tests" is configured.');
  });
});
