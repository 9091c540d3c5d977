import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai';
import { Ollama } from 'ollama';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  createSandboxClient,
  faults,
  providerUrls,
  SANDBOX_DEFAULTS,
  type SandboxClient,
} from '../client.ts';
import { type Sandbox, startSandbox } from '../index.ts';
import { topicOf } from './classify.ts';
import { readConversation } from './conversation.ts';
import { findName, findNeed, findPhone } from './extract.ts';
import { languageOf } from './language.ts';
import { fillSchema } from './schema.ts';
import { freeText } from './text.ts';

const said = (...texts: string[]) => readConversation(texts.map((content) => ({ role: 'user', content })));

describe('rules', () => {
  test.each([
    ['Хочу заказать сайт, перезвоните', 'lead'],
    ['Өтінім қалдырғым келеді', 'lead'],
    ['I would like to order a cake', 'lead'],
    ['Сколько стоит доставка?', 'question'],
    ['салем, канша турады?', 'question'],
    ['Позовите живого человека', 'human'],
    ['спасибо', 'thanks'],
    ['Привет', 'greeting'],
    ['Подготовьте договор к пятнице', 'task'],
    ['ыва', 'unknown'],
  ])('%s is about %s', (text, topic) => expect(topicOf(text)).toBe(topic));

  test.each([
    ['салем, канша турады?', 'kk'],
    ['Сәлеметсіз бе', 'kk'],
    ['Сколько стоит?', 'ru'],
    ['How much?', 'en'],
  ])('%s is in %s', (text, language) => expect(languageOf(text)).toBe(language));

  test('name, phone and need are found over several messages, and only there', () => {
    const conversation = said(
      'Здравствуйте! Меня зовут Анна. Хочу заказать доставку цветов',
      '8 701 123-45-67',
    );
    expect(findName(conversation)).toBe('Анна');
    expect(findPhone(conversation)).toBe('8 701 123-45-67');
    expect(findNeed(conversation)).toContain('доставку цветов');
    expect(findPhone(said('заказ 15 штук'))).toBeUndefined();
    expect(findName(said('хочу торт'))).toBeUndefined();
  });

  test.each([
    ['Хочу заказать кухню на заказ, меня зовут Анна', 'Анна', 'Хочу заказать кухню на заказ'],
    ['Меня зовут Анна хочу заказать торт. Телефон 8 701 123 45 67', 'Анна', 'хочу заказать торт.'],
    [
      'I want to order a sofa. My name is John, call me at +7 701 555 44 33',
      'John',
      'I want to order a sofa.',
    ],
    ['Хочу оставить заявку', undefined, undefined],
    ['Анна Петрова, 87011234567', 'Анна Петрова', undefined],
    ['торт на двенадцать человек', undefined, 'торт на двенадцать человек'],
  ])('%s: name %s, need %s', (text, name, need) => {
    expect([findName(said(text)), findNeed(said(text))]).toEqual([name, need]);
  });

  test('a schema is satisfied, unknown nullable fields are null', () => {
    const schema = {
      type: 'object',
      properties: {
        intent: { type: 'string', enum: ['answer', 'lead', 'unknown'] },
        confidence: { type: 'number', minimum: 0, maximum: 1 },
        name: { anyOf: [{ type: 'string' }, { type: 'null' }] },
        phone: { type: ['string', 'null'] },
        urgent: { type: 'boolean' },
        language: { enum: ['ru', 'kk', 'en'] },
        items: { type: 'array', items: { type: 'string' } },
      },
      required: ['intent', 'confidence', 'name', 'phone', 'urgent', 'language', 'items'],
    };
    expect(fillSchema(schema, said('Хочу купить диван, +7 701 123 45 67'))).toEqual({
      intent: 'lead',
      confidence: 0.92,
      name: null,
      phone: '+7 701 123 45 67',
      urgent: false,
      language: 'ru',
      items: [],
    });
  });

  test('an answer asked for in detail is long and formatted, the same every time', () => {
    const answer = freeText(said('Расскажите подробно о доставке'));
    expect(answer.length).toBeGreaterThan(9000);
    for (const part of ['# ', '**', '- ', '```js', '](https://', '| --- |', '📌'])
      expect(answer).toContain(part);
    expect(freeText(said('Толық айтып беріңізші')).length).toBeGreaterThan(9000);
    expect(freeText(said('Explain in detail, please')).length).toBeGreaterThan(9000);
  });

  test('a short answer quotes the question and uses a fact of the prompt', () => {
    const answer = freeText(
      readConversation([
        { role: 'system', content: 'Факты:\n- Доставка по городу стоит 1500 тенге.' },
        { role: 'user', content: 'Сколько стоит доставка?' },
      ]),
    );
    expect(answer).toContain('Сколько стоит доставка');
    expect(answer).toContain('1500');
  });
});

describe('servers', () => {
  let sandbox: Sandbox;
  let client: SandboxClient;
  beforeAll(async () => {
    sandbox = await startSandbox();
    client = createSandboxClient(sandbox.urls.control);
  });
  afterEach(() => client.reset());
  afterAll(() => sandbox.close());

  const user = (content: string) => [{ role: 'user', content }];

  test('the ollama client chats, streams, embeds and lists', async () => {
    const ollama = new Ollama({ host: sandbox.urls.ollama });
    const format = {
      type: 'object',
      properties: { intent: { enum: ['lead', 'answer'] } },
      required: ['intent'],
    };
    const answer = await ollama.chat({ model: 'llama3.1:8b', messages: user('хочу заказать'), format });
    expect(JSON.parse(answer.message.content)).toEqual({ intent: 'lead' });
    expect(answer.done_reason).toBe('stop');
    let text = '';
    for await (const part of await ollama.chat({
      model: 'qwen3:30b',
      messages: user('Привет'),
      stream: true,
      think: false,
    })) {
      text += part.message.content;
    }
    expect(text).toContain('помочь');
    const { embeddings } = await ollama.embed({ model: 'nomic-embed-text', input: ['a', 'b'] });
    expect(Math.hypot(...(embeddings[0] ?? []))).toBeCloseTo(1);
    expect((await ollama.list()).models.map(({ name }) => name)).toContain('deepseek-r1:8b');
    expect((await ollama.ps()).models.map(({ name }) => name)).toContain('qwen3:30b');
    expect((await client.llm.requests()).map(({ operation }) => operation)).toEqual([
      'chat',
      'chat',
      'embed',
    ]);
  });

  test('an unknown model is a 404 and a model that cannot think a 400', async () => {
    const ollama = new Ollama({ host: sandbox.urls.ollama });
    await expect(ollama.chat({ model: 'nope', messages: user('x') })).rejects.toMatchObject({
      status_code: 404,
    });
    await expect(
      ollama.chat({ model: 'llama3.1:8b', messages: user('x'), think: true }),
    ).rejects.toMatchObject({ status_code: 400 });
  });

  test('loading takes its time once and is reported', async () => {
    const ollama = new Ollama({ host: sandbox.urls.ollama });
    await client.llm.models({ loadMs: 80, unloadAll: true });
    const cold = await ollama.chat({ model: 'llama3.1:8b', messages: [] });
    const warm = await ollama.chat({ model: 'llama3.1:8b', messages: [] });
    await client.llm.models({ loadMs: 0 });
    expect(cold.done_reason).toBe('load');
    expect(cold.load_duration).toBeGreaterThan(warm.load_duration);
  });

  test('a model fails, cuts and talks nonsense as told, others do not', async () => {
    const ollama = new Ollama({ host: sandbox.urls.ollama });
    const ask = (model: string) => ollama.chat({ model, messages: user('Сколько стоит доставка?') });
    await client.mischief.add({
      service: 'ollama',
      model: 'llama3.1:8b',
      ...faults.ollamaError(500, 'out of memory'),
      times: 1,
    });
    await expect(ask('llama3.1:8b')).rejects.toThrow('out of memory');
    await client.mischief.add({ service: 'ollama', model: 'llama3.1:8b', kind: 'cut_output', times: 1 });
    expect((await ask('llama3.1:8b')).done_reason).toBe('length');
    await client.mischief.add({ service: 'ollama', model: 'llama3.1:8b', kind: 'nonsense', times: 1 });
    expect((await ask('llama3.1:8b')).message.content).toContain('лорем');
    await client.mischief.add({ service: 'ollama', kind: 'say', text: 'exactly this', times: 1 });
    expect((await ask('qwen3:30b')).message.content).toBe('exactly this');
    expect((await ask('qwen3:30b')).message.content).toContain('доставка');
  });

  const chatModel = (flavour: keyof ReturnType<typeof providerUrls>, model: string) =>
    new ChatOpenAI({
      model,
      apiKey: SANDBOX_DEFAULTS.apiKey,
      maxRetries: 0,
      configuration: { baseURL: providerUrls(sandbox.urls.openai)[flavour] },
    });

  test('the LangChain client is answered by every flavour, streaming too', async () => {
    for (const [flavour, model] of [
      ['openai', 'gpt-4o-mini'],
      ['glm', 'glm-4.6'],
      ['openrouter', 'x/y'],
      ['groq', 'llama-3.1-8b-instant'],
      ['vllm', 'm'],
    ] as const) {
      expect((await chatModel(flavour, model).invoke('Привет')).content).toContain('помочь');
    }
    let text = '';
    for await (const part of await chatModel('openai', 'gpt-4o-mini').stream('Hello')) text += part.content;
    expect(text).toContain('help');
  });

  test('embeddings come as floats and as base64 and are equal', async () => {
    // Without a format the client asks for base64 and decodes it.
    const embeddings = (encodingFormat?: 'float') =>
      new OpenAIEmbeddings({
        model: 'text-embedding-3-small',
        apiKey: 'k',
        ...(encodingFormat && { encodingFormat }),
        configuration: { baseURL: providerUrls(sandbox.urls.openai).openai },
      }).embedQuery('text');
    const [floats, packed] = [await embeddings('float'), await embeddings()];
    expect(floats).toHaveLength(1536);
    expect(packed[10]).toBeCloseTo(floats[10] ?? Number.NaN);
  });

  test('errors have the shape of their provider', async () => {
    const ask = async (url: string, body: unknown, key = 'k') => {
      const headers = { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) };
      const response = await fetch(`${url}/chat/completions`, {
        method: 'POST',
        headers,
        body: JSON.stringify(body),
      });
      return { status: response.status, body: await response.json() };
    };
    const { openai, glm, openrouter, vllm } = providerUrls(sandbox.urls.openai);
    expect(await ask(openai, { model: 'gpt-4o', messages: user('x') }, '')).toMatchObject({ status: 401 });
    expect(await ask(openai, { model: 'no', messages: user('x') })).toMatchObject({
      status: 404,
      body: { error: { code: 'model_not_found' } },
    });
    const schema = { response_format: { type: 'json_schema', json_schema: { name: 'a', schema: {} } } };
    expect(await ask(glm, { model: 'glm-4.6', messages: user('x'), ...schema })).toMatchObject({
      status: 400,
      body: { error: { code: '1210' } },
    });
    expect(await ask(vllm, { model: 'm', messages: [] })).toMatchObject({
      status: 400,
      body: { error: { code: 400 } },
    });
    await client.mischief.add({ service: 'openai', path: '/openrouter/*', kind: 'error_in_body' });
    expect(await ask(openrouter, { model: 'm', messages: user('x') })).toMatchObject({
      status: 200,
      body: { error: { code: 502 } },
    });
  });

  test('a JSON mode without a schema on the wire follows the one in the prompt', async () => {
    const schema = {
      type: 'object',
      properties: {
        intent: { enum: ['lead', 'answer'] },
        meta: { type: 'object', properties: { n: { type: 'number' } } },
      },
      required: ['intent', 'meta'],
    };
    const response = await fetch(`${providerUrls(sandbox.urls.openai).glm}/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer k', 'content-type': 'application/json' },
      body: JSON.stringify({
        model: 'glm-4.6',
        response_format: { type: 'json_object' },
        messages: [
          { role: 'system', content: `Answer with JSON of this schema: ${JSON.stringify(schema)}` },
          ...user('Хочу купить'),
        ],
      }),
    });
    const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
    expect(JSON.parse(choices[0]?.message.content ?? '')).toEqual({ intent: 'lead', meta: { n: 0 } });
  });
});
