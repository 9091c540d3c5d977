import { expect, test } from 'vitest';
import { createAttempt, type Target, type Turn } from './attempt.ts';
import { createBreaker } from './breaker.ts';
import type { CallRecord, LlmClock, LlmProvider } from './contract.ts';
import { LlmError } from './errors.ts';
import { createLimiter } from './limiter.ts';
import { providerSettings } from './stub-servers.ts';

const never = new AbortController().signal;
const USAGE = { promptTokens: 3, completionTokens: 4 };
const clock: LlmClock = { now: () => 5_000, sleep: () => Promise.resolve() };
const attempt = createAttempt(
  { prices: { 'p/m': { input: 1_000_000, output: 500_000 } }, currency: 'KZT' },
  clock,
);

const SIZE = { promptTokens: 100, completionTokens: 50 };

function target({ local = false, places = 1, timeoutMs = 1_000 } = {}): Target {
  const unused = () => Promise.reject(new Error('unused'));
  const provider: LlmProvider = {
    name: 'p',
    local,
    chat: unused,
    embed: unused,
    close: () => Promise.resolve(),
  };
  return {
    key: 'p/m',
    role: 'main',
    entry: { provider: 'p', model: 'm' },
    provider,
    settings: providerSettings({ kind: 'ollama', baseUrl: 'http://127.0.0.1:1', timeoutMs }),
    breaker: createBreaker({ failures: 1, openMs: 1_000, now: clock.now }),
    limiter: createLimiter(places),
  };
}

function turn(signal = never): { turn: Turn; rows: CallRecord[] } {
  const rows: CallRecord[] = [];
  const context = { tenantId: 't', runId: 'r', workflowId: 'w', step: 's', purpose: 'x', correlationId: 'c' };
  const keeper = {
    keep: (row: CallRecord) => void rows.push(row),
    also: () => undefined,
    settled: () => Promise.resolve(),
  };
  return { rows, turn: { context, signal, caller: signal, rows: keeper, attempts: 0 } };
}

test('without a free place in time the attempt ends as rate limited, and the circuit stays closed', async () => {
  const at = target({ timeoutMs: 20 });
  await at.limiter.acquire(never);
  const { turn: own, rows } = turn();
  await expect(attempt(own, at, SIZE, () => Promise.resolve({ usage: USAGE }))).rejects.toMatchObject({
    kind: 'busy',
  });
  expect(rows).toMatchObject([{ outcome: 'rate_limited', promptTokens: 0 }]);
  expect(at.breaker.state()).toBe('closed');
});

test('the place is given back after success and after failure', async () => {
  const at = target();
  const { turn: own } = turn();
  const refused = new LlmError({ provider: 'p', class: 'refused', message: 'no' });
  await expect(attempt(own, at, SIZE, () => Promise.reject(refused))).rejects.toBe(refused);
  await attempt(own, at, SIZE, () => Promise.resolve({ usage: USAGE }));
  await expect(at.limiter.acquire(never)).resolves.toBeTypeOf('function');
});

test.each([
  ['unavailable', undefined, 'open'],
  ['unknown', undefined, 'open'],
  ['unavailable', 'timeout', 'open'],
  ['unavailable', 'loading', 'closed'],
  ['refused', undefined, 'closed'],
  ['refused', 'invalid', 'closed'],
  ['misconfigured', undefined, 'closed'],
  ['rate_limited', undefined, 'closed'],
] as const)('%s (%s) (and its kind) decide the circuit: %s', async (failureClass, kind, state) => {
  const at = target();
  const failure = new LlmError({ provider: 'p', class: failureClass, kind, message: 'x' });
  await expect(attempt(turn().turn, at, SIZE, () => Promise.reject(failure))).rejects.toBe(failure);
  expect(at.breaker.state()).toBe(state);
});

test('a fault of the client code is unknown, says where, and quotes nothing', async () => {
  const { turn: own, rows } = turn();
  const bug = new TypeError('cannot read "8 701 000" of undefined');
  await expect(attempt(own, target(), SIZE, () => Promise.reject(bug))).rejects.toMatchObject({
    class: 'unknown',
  });
  expect(rows[0]).toMatchObject({
    outcome: 'unknown',
    error: expect.stringMatching(/TypeError.*attempt\.test\.ts/),
  });
  expect(rows[0]?.error).not.toContain('701');
});

test('hosted tokens are priced, local ones cost nothing', async () => {
  const { turn: own, rows } = turn();
  await attempt(own, target(), SIZE, () => Promise.resolve({ usage: USAGE }));
  await attempt(own, target({ local: true }), SIZE, () => Promise.resolve({ usage: USAGE }));
  expect(rows.map(({ costMicros, currency }) => [costMicros, currency])).toEqual([
    [5, 'KZT'],
    [0, 'KZT'],
  ]);
});

test('a probe that the caller cancels lets the next one through', async () => {
  const at = target();
  at.breaker.rest(0);
  const caller = new AbortController();
  const { turn: own, rows } = turn(caller.signal);
  const work = () => {
    caller.abort(new Error('enough'));
    return Promise.reject(caller.signal.reason);
  };
  await expect(attempt(own, at, SIZE, work)).rejects.toThrow('enough');
  expect(rows).toMatchObject([{ outcome: 'cancelled' }]);
  await attempt(turn().turn, at, SIZE, () => Promise.resolve({ usage: USAGE }));
  expect(at.breaker.state()).toBe('closed');
});
