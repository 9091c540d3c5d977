import { expect, test } from 'vitest';
import {
  classifyOllama,
  classifyOpenAi,
  classifyTransport,
  type OpenAiFlavour,
  retryAfterMs,
} from './classify.ts';

const fault = (code: string | number | undefined, type?: string) => ({
  error: { message: 'you said: my phone is 8 701 000 00 00', type, code },
});

test.each<[OpenAiFlavour, number, unknown, string]>([
  ['openai', 400, fault('invalid_value'), 'refused'],
  ['openai', 400, fault('context_length_exceeded'), 'refused'],
  ['openai', 400, fault('unsupported_value'), 'misconfigured'],
  ['openai', 401, fault('invalid_api_key'), 'misconfigured'],
  ['openai', 402, {}, 'misconfigured'],
  ['openai', 403, fault('unsupported_country_region_territory'), 'misconfigured'],
  ['openai', 404, fault('model_not_found'), 'misconfigured'],
  ['openai', 408, undefined, 'unavailable'],
  ['openai', 409, undefined, 'unavailable'],
  ['openai', 413, undefined, 'refused'],
  ['openai', 422, undefined, 'refused'],
  ['openai', 429, fault('rate_limit_exceeded', 'tokens'), 'rate_limited'],
  ['openai', 429, fault('insufficient_quota', 'insufficient_quota'), 'misconfigured'],
  ['openai', 429, fault(undefined, 'insufficient_quota'), 'misconfigured'],
  ['openai', 500, fault(undefined), 'unavailable'],
  ['openai', 502, '<html>Bad gateway</html>', 'unavailable'],
  ['openai', 503, undefined, 'unavailable'],
  ['openai', 504, undefined, 'unavailable'],
  ['openai', 529, undefined, 'unavailable'],
  ['openai', 302, '', 'misconfigured'],
  ['openai', 200, '<html>Welcome</html>', 'misconfigured'],
  ['openai', 200, fault('constructor'), 'unavailable'],
  ['glm', 401, fault('1001'), 'misconfigured'],
  ['glm', 429, fault('1113'), 'misconfigured'],
  ['glm', 400, fault('1211'), 'misconfigured'],
  ['glm', 400, fault('1210'), 'refused'],
  ['glm', 400, fault('1214'), 'refused'],
  ['glm', 400, fault('1301'), 'refused'],
  ['glm', 429, fault('1302'), 'rate_limited'],
  ['glm', 429, fault('1303'), 'rate_limited'],
  ['glm', 429, fault('1304'), 'misconfigured'],
  ['glm', 429, fault('1305'), 'unavailable'],
  ['glm', 429, fault('1308'), 'misconfigured'],
  ['glm', 429, fault('1309'), 'misconfigured'],
  ['glm', 429, fault('1318'), 'misconfigured'],
  ['glm', 500, fault('1234'), 'unavailable'],
  ['glm', 500, fault('500'), 'unavailable'],
  ['glm', 429, fault('9999'), 'rate_limited'],
  ['openrouter', 200, fault(502), 'unavailable'],
  ['openrouter', 200, fault(429), 'rate_limited'],
  ['openrouter', 200, fault(402), 'misconfigured'],
  ['openrouter', 403, fault(403), 'refused'],
  ['openrouter', 402, fault(402), 'misconfigured'],
  ['openrouter', 524, fault(524), 'unavailable'],
  ['groq', 429, fault('rate_limit_exceeded', 'tokens'), 'rate_limited'],
  ['groq', 400, fault('model_decommissioned'), 'misconfigured'],
  ['groq', 400, fault('json_validate_failed'), 'refused'],
  ['vllm', 400, { object: 'error', message: 'x', type: 'BadRequestError', code: 400 }, 'refused'],
  ['vllm', 404, { error: { message: 'x', type: 'NotFoundError', code: 404 } }, 'misconfigured'],
])('%s: status %i with %j is %s, and the message quotes nobody', (flavour, status, body, expected) => {
  const error = classifyOpenAi('p', flavour, { status, body });
  expect(error.class).toBe(expected);
  expect(error.message).not.toMatch(/701|you said|html/);
});

test('the delay a provider asks for is kept for failures that may pass', () => {
  const at = (status: number, body?: unknown) =>
    classifyOpenAi('p', 'openai', { status, body, retryAfterMs: 7_000 }).retryAfterMs;
  expect(at(429)).toBe(7_000);
  expect(at(503)).toBe(7_000);
  expect(at(429, fault('insufficient_quota'))).toBeUndefined();
});

test.each([
  [400, '"m" does not support tools', 'misconfigured'],
  [400, 'the input length exceeds the context length', 'refused'],
  [400, 'invalid JSON', 'refused'],
  [401, 'unauthorized', 'misconfigured'],
  [403, 'remote model disabled', 'misconfigured'],
  [404, "model 'm' not found", 'misconfigured'],
  [429, 'too many', 'rate_limited'],
  [499, '', 'unavailable'],
  [500, 'llama runner process has terminated', 'unavailable'],
  [500, 'model requires more system memory (20 GiB) than is available', 'unavailable'],
  [502, '', 'unavailable'],
  [503, 'server busy, please try again.  maximum pending requests exceeded', 'unavailable'],
  [200, 'an error was encountered while running the model', 'unavailable'],
])('ollama: %i "%s" is %s', (status, text, expected) => {
  const error = classifyOllama('ollama', 'm', { status, body: { error: text } });
  expect(error.class).toBe(expected);
  expect(error.message).not.toContain('runner process');
});

test.each([
  ['ECONNREFUSED', 'unavailable'],
  ['ENOTFOUND', 'unavailable'],
  ['ECONNRESET', 'unavailable'],
  ['UND_ERR_CONNECT_TIMEOUT', 'unavailable'],
  ['CERT_HAS_EXPIRED', 'misconfigured'],
])('transport: %s, however deep in the causes, is %s', (code, expected) => {
  const inner = Object.assign(new Error('http://user:password@host'), { code });
  const error = classifyTransport(
    'p',
    new TypeError('fetch failed', { cause: new Error('x', { cause: inner }) }),
  );
  expect(error.class).toBe(expected);
  expect(error.message).toContain(code);
  expect(error.message).not.toContain('password');
});

test('transport: the refusals of all addresses of a host count as refused', () => {
  const refused = Object.assign(new Error('no'), { code: 'ECONNREFUSED' });
  const error = classifyTransport(
    'p',
    new TypeError('fetch failed', { cause: new AggregateError([refused]) }),
  );
  expect(error.message).toContain('is not running');
});

test.each([
  [{ 'retry-after': '2' }, 2_000],
  [{ 'retry-after': '0.5' }, 500],
  [{ 'retry-after-ms': '120', 'retry-after': '2' }, 120],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:10 GMT' }, 9_000],
  [{ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, 0],
  [{ 'retry-after': 'soon' }, undefined],
  [{}, undefined],
])('retry-after: %j means %s ms', (headers, expected) => {
  expect(retryAfterMs(new Headers(headers), 1_000)).toBe(expected);
});
