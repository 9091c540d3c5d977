import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { authorised, LEAD, RUN, TENANT, testApp } from '../testing.ts';

type App = ReturnType<typeof testApp>['app'];
const start = (
  app: App,
  body: unknown,
  headers: Record<string, string> = { 'Idempotency-Key': 'k-1' },
  process = 'lead',
) =>
  app.request(`/api/v1/processes/${process}/runs`, {
    method: 'POST',
    headers: authorised(headers),
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const INPUT = { input: { phone: '+77010000001' } };

describe('POST /api/v1/processes/{name}/runs', () => {
  it('starts a run with the parsed input, points at it and notes who started it', async () => {
    const { app, seen } = testApp();
    const response = await start(app, INPUT, { 'Idempotency-Key': 'k-1', 'X-Request-Id': 'rq' });
    expect(response.status).toBe(201);
    const body = (await response.json()) as { workflow_id: string };
    expect(body).toEqual({
      workflow_id: expect.any(String),
      run_id: RUN.runId,
      process: 'lead',
      existing: false,
    });
    expect(response.headers.get('location')).toBe(`/api/v1/runs/${encodeURIComponent(body.workflow_id)}`);
    expect(seen.starts).toEqual([
      {
        tenantId: TENANT.id,
        process: 'lead',
        workflowId: body.workflow_id,
        input: { phone: '+77010000001', note: '' },
        fingerprint: expect.any(String),
        correlationId: 'rq',
        actor: 'api',
      },
    ]);
    expect(seen.events).toEqual([
      expect.objectContaining({
        eventType: 'api.run_start_requested',
        subject: body.workflow_id,
        actor: 'api',
      }),
    ]);
    expect(JSON.stringify(seen.events)).not.toContain('7701');
  });

  it('cleans the input of what PostgreSQL could not keep', async () => {
    const { app, seen } = testApp();
    expect((await start(app, '{"input":{"phone":"+7","note":"a\\u0000b"}}')).status).toBe(201);
    expect(seen.starts[0]?.input).toEqual({ phone: '+7', note: 'a\uFFFDb' });
  });

  it('gives the same run for the same key, in the header or the body, whatever the order of the fields', async () => {
    const { app } = testApp();
    const first = await start(app, { input: { phone: '+7', note: 'a' } });
    const again = await start(app, { key: 'k-1', input: { note: 'a', phone: '+7' } }, {});
    expect([first.status, again.status]).toEqual([201, 200]);
    const [one, two] = (await Promise.all([first.json(), again.json()])) as Array<{ workflow_id: string }>;
    expect(two).toEqual({ ...one, existing: true });
  });

  it('refuses another body under the same key', async () => {
    const { app } = testApp();
    await start(app, INPUT);
    const response = await start(app, { input: { phone: '+77010000002' } });
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ type: 'urn:dirigent:problem:idempotency-conflict' });
  });

  it('keeps what callers put into keys out of the workflow id', async () => {
    const { app, seen } = testApp();
    await start(app, INPUT, { 'Idempotency-Key': '+77010000001' });
    expect(seen.starts[0]?.workflowId).toMatch(/^lead\/api\/[\w-]{32}$/);
    expect(seen.starts[0]?.workflowId).not.toContain('7701');
  });

  it.each([
    ['no key', {}, INPUT],
    ['an empty key', { 'Idempotency-Key': '' }, INPUT],
    ['a key with spaces', { 'Idempotency-Key': 'a b' }, INPUT],
    ['a key that is too long', { 'Idempotency-Key': 'x'.repeat(256) }, INPUT],
    ['two different keys', { 'Idempotency-Key': 'a' }, { ...INPUT, key: 'b' }],
  ])('refuses %s', async (_what, headers, body) => {
    const { app, seen } = testApp();
    expect((await start(app, body, headers)).status).toBe(400);
    expect(seen.starts).toEqual([]);
  });

  it('points at every place where the input does not fit', async () => {
    const input = z.strictObject({ 'a/b': z.array(z.object({ 'x~y': z.int() })), n: z.string() });
    const { app, seen } = testApp({ processes: { list: () => [], get: () => ({ ...LEAD, input }) } });
    const response = await start(app, { input: { 'a/b': [{ 'x~y': 'one' }] } });
    expect(response.status).toBe(422);
    const problem = (await response.json()) as { errors: Array<{ pointer: string }> };
    expect(problem.errors.map(({ pointer }) => pointer).sort()).toEqual(['#/input/a~1b/0/x~0y', '#/input/n']);
    expect(seen.starts).toEqual([]);
  });

  it.each([
    ['malformed JSON', '{"input":', 400],
    ['a body that is no object', '[]', 422],
    ['unknown fields', '{"inputs":{}}', 422],
    ['no input where one is needed', '{}', 422],
  ])('refuses %s', async (_what, body, status) => {
    const { app } = testApp();
    const response = await start(app, body);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  it('refuses other content types, large bodies and unknown processes', async () => {
    const { app } = testApp();
    expect((await start(app, INPUT, { 'Idempotency-Key': 'k', 'content-type': 'text/plain' })).status).toBe(
      415,
    );
    expect((await start(app, { input: { phone: 'x'.repeat(300_000) } })).status).toBe(413);
    expect((await start(app, INPUT, { 'Idempotency-Key': 'k' }, 'nothing')).status).toBe(404);
    expect((await start(app, INPUT, { 'Idempotency-Key': 'k' }, '__proto__')).status).toBe(404);
  });

  it('answers 503 while the engine is down, and the same request works later', async () => {
    let up = false;
    const { app } = testApp({
      starter: {
        start: async ({ workflowId }) =>
          up ? { kind: 'started', workflowId, runId: RUN.runId } : { kind: 'unavailable' },
        cancel: async () => 'requested',
      },
    });
    const refused = await start(app, INPUT);
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    up = true;
    expect((await start(app, INPUT)).status).toBe(201);
  });

  it('does not claim a start that could not be noted; the repeat finds the run and notes it', async () => {
    let broken = true;
    const noted: unknown[] = [];
    const { app } = testApp({
      events: {
        record: async (event) => {
          if (broken) throw Object.assign(new Error('x'), { code: 'CONNECTION_CLOSED' });
          noted.push(event);
        },
      },
    });
    expect((await start(app, INPUT)).status).toBe(503);
    broken = false;
    expect((await start(app, INPUT)).status).toBe(200);
    expect(noted).toHaveLength(1);
  });
});

describe('GET /api/v1/processes', () => {
  it('publishes titles, triggers, examples and the JSON Schema of the input', async () => {
    const { app } = testApp();
    const list = await app.request('/api/v1/processes', { headers: authorised() });
    const one = await app.request('/api/v1/processes/lead', { headers: authorised() });
    const process = await one.json();
    expect(await list.json()).toEqual({ processes: [process] });
    expect(process).toMatchObject({
      name: 'lead',
      title: 'Take a lead',
      triggers: [{ kind: 'command', command: 'lead' }],
      examples: [{ says: ['/lead'], ends: 'succeeded' }],
      input_schema: { type: 'object', required: ['phone'], properties: { phone: { type: 'string' } } },
      output_schema: null,
    });
    expect((await app.request('/api/v1/processes/x', { headers: authorised() })).status).toBe(404);
  });

  it('publishes also schemas that JSON Schema cannot say fully', async () => {
    const input = z.object({ at: z.date(), n: z.bigint() });
    const { app } = testApp({ processes: { list: () => [{ ...LEAD, input }], get: () => undefined } });
    expect((await app.request('/api/v1/processes', { headers: authorised() })).status).toBe(200);
  });
});
