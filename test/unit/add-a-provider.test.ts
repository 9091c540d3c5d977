import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LlmProvider } from '../../activities/llm/contract.ts';
import {
  deadUrl,
  openAiStub,
  providerSettings,
  type Reply,
  refusal,
  silence,
} from '../../activities/llm/stub-servers.ts';
import type { ProviderSettings } from '../../config/llm.ts';
import { codeOf } from '../support/pages.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const never = new AbortController().signal;
const MODEL = { provider: 'yandex', model: 'gpt://folder/yandexgpt/latest' };
const ASK = { messages: [{ role: 'user' as const, content: 'hi' }] };

const completion =
  (text: string, status = 'ALTERNATIVE_STATUS_FINAL'): Reply =>
  () =>
    Response.json({
      result: {
        alternatives: [{ message: { role: 'assistant', text }, status }],
        usage: { inputTextTokens: '9', completionTokens: '4', totalTokens: '13' },
        modelVersion: '1',
      },
    });

describe('the provider that the page adds', () => {
  let folder: string;
  let create: (name: string, settings: ProviderSettings) => LlmProvider;
  beforeAll(async () => {
    const [shown] = codeOf('docs/add-a-provider.md');
    if (!shown) throw new Error('The page shows no file.');
    // Below the repository, where its packages are found.
    mkdirSync(join(ROOT, '.data'), { recursive: true });
    folder = mkdtempSync(join(ROOT, '.data/provider-'));
    const file = join(folder, 'yandex.ts');
    const code = shown.code.replaceAll("from '../../", `from '${ROOT}`);
    writeFileSync(file, code.replaceAll("from './", `from '${ROOT}activities/llm/`));
    const loaded: { createYandexProvider: typeof create } = await import(pathToFileURL(file).href);
    create = loaded.createYandexProvider;
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** The page's kind is unknown to the configuration here; everything else is as it would be. */
  const at = (baseUrl: string) =>
    create('yandex', providerSettings({ kind: 'openai', baseUrl, apiKeyEnv: 'KEY', timeoutMs: 300 }));
  const served = async (...replies: Reply[]) => {
    const stub = await openAiStub(...replies);
    return { stub, provider: at(stub.url) };
  };

  it('asks once, and brings back text, tokens and whether the answer was cut', async () => {
    const { stub, provider } = await served(completion('Hello', 'ALTERNATIVE_STATUS_TRUNCATED_FINAL'));
    expect(await provider.chat({ ...ASK, maxTokens: 7, correlationId: 'c-7' }, MODEL, never)).toEqual({
      text: 'Hello',
      finish: 'length',
      usage: { promptTokens: 9, completionTokens: 4 },
    });
    expect(stub.headers[0]?.get('authorization')).toBe('Api-Key k-1');
    expect(stub.headers[0]?.get('x-correlation-id')).toBe('c-7');
    expect(stub.requests).toEqual([
      {
        modelUri: MODEL.model,
        completionOptions: { stream: false, maxTokens: '7' },
        messages: [{ role: 'user', text: 'hi' }],
      },
    ]);
  });

  it('sends a schema, and tells the model what it means', async () => {
    const { stub, provider } = await served(completion('{"a":1}'));
    const json = { type: 'object', properties: { a: { type: 'number' } } };
    await provider.chat({ ...ASK, schema: { name: 't', json } }, MODEL, never);
    expect(stub.requests[0]).toMatchObject({ jsonSchema: { schema: json } });
    expect(JSON.stringify(stub.requests[0]?.messages)).toContain('JSON Schema');
  });

  it.each<[string, Reply, object]>([
    ['429', refusal(429, {}, { 'retry-after': '3' }), { class: 'rate_limited', retryAfterMs: 3_000 }],
    ['500', refusal(500), { class: 'unavailable', status: 500 }],
    ['401', refusal(401), { class: 'misconfigured' }],
    ['400', refusal(400, { error: { message: 'you said 8 701' } }), { class: 'refused' }],
    ['a page in place of an answer', () => new Response('<html>'), { class: 'misconfigured' }],
    ['a content filter', completion('', 'ALTERNATIVE_STATUS_CONTENT_FILTER'), { class: 'refused' }],
    ['silence', silence, { kind: 'timeout', class: 'unavailable' }],
  ])('%s is one failure of one class after one request, and quotes nobody', async (_, reply, expected) => {
    const { stub, provider } = await served(reply);
    const error = await provider.chat(ASK, MODEL, never).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'LlmError', ...expected });
    expect(String(error)).not.toMatch(/701|html|k-1/);
    expect(stub.requests).toHaveLength(1);
  });

  it('says that a server which is not there was never asked', async () => {
    const provider = at(await deadUrl());
    await expect(provider.chat(ASK, MODEL, never)).rejects.toMatchObject({
      class: 'unavailable',
      unsent: true,
    });
  });
});
