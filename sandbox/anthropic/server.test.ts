import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createSandboxClient, faults, SANDBOX_DEFAULTS, type SandboxClient } from '../client.ts';
import { type Sandbox, startSandbox } from '../index.ts';

let sandbox: Sandbox;
let client: SandboxClient;
beforeAll(async () => {
  sandbox = await startSandbox();
  client = createSandboxClient(sandbox.urls.control);
});
afterEach(() => client.mischief.clear());
afterAll(() => sandbox.close());

const ASK = {
  model: 'claude-sonnet-4-5-20250929',
  max_tokens: 200,
  messages: [{ role: 'user', content: 'Сколько стоит доставка?' }],
};

async function post(body: object, headers: Record<string, string> = {}) {
  const response = await fetch(`${sandbox.urls.anthropic}/v1/messages`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'x-api-key': SANDBOX_DEFAULTS.apiKey,
      'anthropic-version': '2023-06-01',
      ...headers,
    },
    body: JSON.stringify(body),
  });
  return {
    status: response.status,
    headers: response.headers,
    body: (await response.json()) as Record<string, unknown>,
  };
}

describe("the stand-in for Anthropic's Messages API", () => {
  test('answers with a message, its reason to stop, and usage', async () => {
    const { status, body } = await post(ASK);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      type: 'message',
      role: 'assistant',
      stop_reason: 'end_turn',
      content: [{ type: 'text', text: expect.stringContaining('доставк') }],
      usage: { input_tokens: expect.any(Number), output_tokens: expect.any(Number) },
    });
    expect((await client.llm.requests()).at(-1)).toMatchObject({ service: 'anthropic', model: ASK.model });
  });

  test('uses the tool that it is told to use', async () => {
    const input_schema = { type: 'object', properties: { name: { type: 'string' } }, required: ['name'] };
    const { body } = await post({
      ...ASK,
      messages: [{ role: 'user', content: 'Меня зовут Анна' }],
      tools: [{ name: 'lead', input_schema }],
      tool_choice: { type: 'tool', name: 'lead' },
    });
    expect(body).toMatchObject({
      stop_reason: 'tool_use',
      content: [{ type: 'tool_use', name: 'lead', input: { name: 'Анна' } }],
    });
  });

  test.each([
    ['no key', ASK, { 'x-api-key': '' }, 401, 'authentication_error'],
    ['no limit', { ...ASK, max_tokens: undefined }, {}, 400, 'invalid_request_error'],
    ['an unknown model', { ...ASK, model: 'claude-9' }, {}, 404, 'not_found_error'],
    [
      'a system message',
      { ...ASK, messages: [{ role: 'system', content: 'x' }] },
      {},
      400,
      'invalid_request_error',
    ],
    [
      'an empty block',
      { ...ASK, messages: [{ role: 'user', content: [{ type: 'text', text: '' }] }] },
      {},
      400,
      'invalid_request_error',
    ],
  ])('refuses %s', async (_, body, headers, status, type) => {
    expect(await post(body, headers)).toMatchObject({ status, body: { type: 'error', error: { type } } });
  });

  test('does mischief like everybody else', async () => {
    await client.mischief.add({
      service: 'anthropic',
      ...faults.anthropicError(529, 'overloaded_error'),
      times: 1,
    });
    expect(await post(ASK)).toMatchObject({ status: 529, body: { error: { type: 'overloaded_error' } } });
    await client.mischief.add({ service: 'anthropic', kind: 'cut_output', chars: 5 });
    expect((await post(ASK)).body).toMatchObject({ stop_reason: 'max_tokens' });
  });
});
