import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import { type LlmSettings, llmSettings, type ModelEntry, type ProviderSettings } from '../../config/llm.ts';

// Loopback servers for the tests of this folder.

type Body = Record<string, unknown>;
/** One answer of a stub; the last of a list is repeated. */
export type Reply = (body: Body, signal: AbortSignal) => Response | Promise<Response>;

export interface Stub {
  url: string;
  /** Bodies of the chat and embedding requests so far. */
  requests: Body[];
  headers: Headers[];
  replies: Reply[];
}

/** Serves until the test is over. */
export async function listen(app: Hono): Promise<string> {
  const server = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  onTestFinished(() => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function answering(stub: Omit<Stub, 'url'>) {
  return async (request: Request): Promise<Response> => {
    const body = (await request.json()) as Body;
    stub.requests.push(body);
    stub.headers.push(request.headers);
    const reply = stub.replies.length > 1 ? stub.replies.shift() : stub.replies[0];
    if (reply === undefined) throw new Error('No reply is prepared.');
    return await reply(body, request.signal);
  };
}

export async function openAiStub(...replies: Reply[]): Promise<Stub> {
  const stub = { requests: [], headers: [], replies };
  const app = new Hono();
  app.post('/v1/*', (c) => answering(stub)(c.req.raw));
  return { ...stub, url: `${await listen(app)}/v1` };
}

export const completion = (
  content: string | null,
  extra: { finish?: string; refusal?: string } = {},
): Reply => {
  const message = { role: 'assistant', content, refusal: extra.refusal ?? null };
  return () =>
    Response.json({
      id: 'c-1',
      object: 'chat.completion',
      model: 'm',
      choices: [{ index: 0, message, finish_reason: extra.finish ?? 'stop' }],
      usage: { prompt_tokens: 100, completion_tokens: 10, total_tokens: 110 },
    });
};

export const refusal =
  (status: number, body: unknown = {}, headers: Record<string, string> = {}): Reply =>
  () =>
    Response.json(body, { status, headers });

/** Says nothing until the client goes away. */
export const silence: Reply = (_, signal) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(new Response(null, { status: 499 })), { once: true });
  });

export interface OllamaStub extends Stub {
  /** Names listed by /api/ps. */
  loaded: Set<string>;
  /** Answers `messages: []`; by default at once, and the model is listed from then on. */
  load: Reply;
  /** Requests that only load a model. */
  loads: Body[];
  ps: Reply;
}

export async function ollamaStub(...replies: Reply[]): Promise<OllamaStub> {
  const loaded = new Set<string>();
  const stub: OllamaStub = {
    url: '',
    requests: [],
    headers: [],
    replies,
    loaded,
    loads: [],
    load: (body) => {
      loaded.add(String(body.model));
      return Response.json({ model: body.model, message: { content: '' }, done: true, done_reason: 'load' });
    },
    ps: () => Response.json({ models: [...loaded].map((name) => ({ name, model: name })) }),
  };
  const answer = answering(stub);
  const app = new Hono();
  app.get('/api/ps', (c) => stub.ps({}, c.req.raw.signal));
  app.get('/api/version', () => Response.json({ version: '0.12.0' }));
  app.post('/api/chat', async (c) => {
    const body = (await c.req.raw.clone().json()) as Body;
    if (!Array.isArray(body.messages) || body.messages.length > 0) return answer(c.req.raw);
    stub.loads.push(body);
    return stub.load(body, c.req.raw.signal);
  });
  app.post('/api/embed', (c) => answer(c.req.raw));
  stub.url = await listen(app);
  return stub;
}

/** Lines as Ollama streams them; strings go out as they are. */
export const lines =
  (...parts: (Body | string)[]): Reply =>
  () =>
    new Response(
      parts.map((part) => `${typeof part === 'string' ? part : JSON.stringify(part)}\n`).join(''),
      {
        headers: { 'content-type': 'application/x-ndjson' },
      },
    );

export const spoken = (text: string, doneReason = 'stop'): Reply => {
  const half = Math.ceil(text.length / 2);
  const part = (content: string) => ({ model: 'm', message: { role: 'assistant', content }, done: false });
  return lines(part(text.slice(0, half)), part(text.slice(half)), {
    model: 'm',
    message: { role: 'assistant', content: '' },
    done: true,
    done_reason: doneReason,
    prompt_eval_count: 31,
    eval_count: 12,
  });
};

/** An address on which nothing listens. */
export async function deadUrl(): Promise<string> {
  const server = serve({ fetch: () => new Response(), port: 0, hostname: '127.0.0.1' });
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

interface SettingsOptions {
  providers: Record<string, Body>;
  roles: Partial<Record<string, Partial<ModelEntry>[]>>;
  keys?: Record<string, string>;
  rest?: Body;
}

/** Settings with exactly the given providers, made by the real configuration code. */
export function testSettings({ providers, roles, keys = {}, rest = {} }: SettingsOptions): LlmSettings {
  const { main = [], fast = main } = roles;
  const off = Object.fromEntries(
    ['ollama', 'glm', 'openai', 'openrouter', 'groq'].map((name) => [name, { enabled: false }]),
  );
  return llmSettings({ ...rest, providers: { ...off, ...providers }, roles: { ...roles, main, fast } }, keys);
}

export function providerSettings(settings: Body): ProviderSettings {
  const made = testSettings({
    providers: { p: settings },
    roles: { main: [{ provider: 'p', model: 'm' }] },
    keys: { KEY: 'k-1' },
  }).providers.p;
  if (made === undefined) throw new Error('The provider is left out.');
  return made;
}
