import { Registry } from 'prom-client';
import { z } from 'zod';
import type { RunDetail } from '../db/queries/runs-read.ts';
import { createApp } from './app.ts';
import type {
  AppDeps,
  CancelRequest,
  ProcessInfo,
  PromptInfo,
  StartRequest,
  StartResult,
  TelegramUpdate,
} from './deps.ts';
import { opsFakes } from './testing-ops.ts';
import { peopleFakes } from './testing-people.ts';

export const API_TOKEN = 'a-token-for-tests';
export const SECRET = 'hook-secret';
export const TENANT = { id: '0192a000-0000-7000-8000-000000000001', slug: 'default' };

export const CALLBACK = {
  token: '0192a000-0000-7000-8000-0000000000cc.c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I',
  callback: {
    tenantId: TENANT.id,
    callbackId: '0192a000-0000-7000-8000-0000000000cc',
    secret: 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I',
    workflowId: 'asr/0192a000-0000-7000-8000-0000000000bb/3',
    correlationId: 'c-1',
  },
};

export const RUN: RunDetail = {
  runId: '0192a000-0000-7000-8000-0000000000aa',
  currentRunId: '0192a000-0000-7000-8000-0000000000aa',
  workflowId: 'lead/0192a000-0000-7000-8000-0000000000bb/3',
  process: 'lead',
  status: 'waiting_user',
  waitingOn: 'customer',
  customerId: null,
  conversationId: null,
  correlationId: 'c-1',
  parentWorkflowId: null,
  details: 'Waiting for the phone number',
  losses: [],
  cause: null,
  resetOf: null,
  rerunOf: null,
  queuedAt: new Date('2026-01-31T09:00:00.000Z'),
  startedAt: new Date('2026-01-31T09:00:00.050Z'),
  endedAt: null,
  input: { need: 'a call' },
  output: null,
  steps: [],
  llmCalls: [],
  sends: [],
  truncated: [],
};

export const LEAD: ProcessInfo = {
  name: 'lead',
  title: 'Take a lead',
  input: z.object({
    phone: z.string().regex(/^\+\d+$/, 'must be in international form'),
    note: z.string().default(''),
  }),
  triggers: [{ kind: 'command', command: 'lead' }],
  examples: [{ says: ['/lead'], ends: 'succeeded' }],
};

export const PROMPT: PromptInfo = {
  name: 'answer',
  version: 1,
  task: 'answer',
  about: 'Answers.',
  hash: 'a'.repeat(64),
  usedBy: [{ name: 'clinic', version: 2, roles: ['reasoning', 'main'], when: { tenant: 'clinic' } }],
};

/** An application on fakes that remember what they were asked. Override what a test is about. */
export function testApp(overrides: Partial<AppDeps> = {}) {
  const seen = {
    logs: [] as Array<{ level: string; fields: Record<string, unknown>; message: string }>,
    accepted: [] as Array<{ channel: string; update: TelegramUpdate; correlationId: string }>,
    callbacks: [] as object[],
    starts: [] as StartRequest[],
    cancels: [] as CancelRequest[],
    events: [] as Array<Record<string, unknown>>,
    lists: [] as unknown[][],
    ops: [] as unknown[][],
    people: [] as unknown[][],
  };
  const log = (level: string) => (fields: object, message: string) => {
    seen.logs.push({ level, fields: { ...fields }, message });
  };
  const runs = new Map<
    string,
    { fingerprint: string; result: StartResult & { kind: 'started' | 'existing' } }
  >();
  const deps: AppDeps = {
    log: { debug: log('debug'), info: log('info'), warn: log('warn'), error: log('error') },
    build: { version: '1.2.3', commit: 'abc', builtAt: '2026-01-31T09:00:00Z' },
    apiToken: API_TOKEN,
    corsOrigins: [],
    metrics: new Registry(),
    readiness: [],
    tenants: { resolve: async (slug) => (slug === undefined || slug === TENANT.slug ? TENANT : undefined) },
    intake: {
      channel: (name) => (name === 'default' ? { id: 'channel-id', secret: SECRET } : undefined),
      accept: async (channel, update, correlationId) => {
        seen.accepted.push({ channel, update, correlationId });
        return 'stored';
      },
    },
    callbacks: {
      find: async (token) => (token === CALLBACK.token ? CALLBACK.callback : undefined),
      accept: async (_callback, body) => {
        seen.callbacks.push(body);
        return 'stored';
      },
    },
    rates: { api: async () => undefined, uploads: async () => undefined },
    callbackSigning: { secret: undefined, required: false },
    codec: {
      encode: async (payloads) => ({ payloads: [...payloads] }),
      decode: async (payloads) => ({ payloads: [...payloads] }),
      uiOrigins: [],
      uiSecret: undefined,
      sessionKey: Buffer.alloc(32),
    },
    hooks: { find: () => undefined, accept: async () => ({ kind: 'stored', workflowId: '' }) },
    runs: {
      list: async (...args) => {
        seen.lists.push(args);
        return { rows: [RUN], next: { at: RUN.queuedAt, id: RUN.runId } };
      },
      get: async (_tenant, id) => (id === RUN.runId || id === RUN.workflowId ? RUN : undefined),
      find: async (_tenant, id) => (id === RUN.runId || id === RUN.workflowId ? RUN : undefined),
    },
    starter: {
      start: async (request) => {
        seen.starts.push(request);
        const earlier = runs.get(request.workflowId);
        if (earlier !== undefined) {
          return earlier.fingerprint === request.fingerprint
            ? { ...earlier.result, kind: 'existing' }
            : { kind: 'conflict' };
        }
        const result = { kind: 'started' as const, workflowId: request.workflowId, runId: RUN.runId };
        runs.set(request.workflowId, { fingerprint: request.fingerprint, result });
        return result;
      },
      cancel: async (request) => {
        seen.cancels.push(request);
        return 'requested';
      },
    },
    processes: { list: () => [LEAD], get: (name) => (name === LEAD.name ? LEAD : undefined) },
    prompts: [PROMPT],
    alarms: { list: async () => ({ rows: [] }) },
    events: {
      record: async (event) => {
        seen.events.push({ ...event });
      },
    },
    ops: opsFakes(seen.ops),
    people: peopleFakes(seen.people),
    ...overrides,
  };
  return { app: createApp(deps), deps, seen };
}

/** Headers of an authorised JSON request. */
export const authorised = (headers: Record<string, string> = {}) => ({
  authorization: `Bearer ${API_TOKEN}`,
  'content-type': 'application/json',
  ...headers,
});
