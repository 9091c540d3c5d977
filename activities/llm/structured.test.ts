import { expect, test } from 'vitest';
import { z } from 'zod';
import { jsonCandidates, withoutThinking } from './json.ts';
import { isStrict, repairMessages, toJsonSchema, validate, withSchemaInPrompt } from './structured.ts';

const Lead = z.object({ name: z.string(), phone: z.string().optional(), need: z.enum(['buy', 'ask']) });
const schema = { name: 'lead', schema: Lead };
const answer = (text: string, finish: 'stop' | 'length' = 'stop') => ({
  text,
  finish,
  usage: { promptTokens: 1, completionTokens: 1 },
});
const GOOD = '{"name":"Aida","need":"buy"}';

test.each([
  ['bare', GOOD],
  ['with a byte order mark', `\uFEFF${GOOD}`],
  ['in a fence', `Sure!\n\`\`\`json\n${GOOD}\n\`\`\`\nAnything else?`],
  ['after thinking aloud', `<think>Maybe {"name":"X"}?</think>\n${GOOD}`],
  ['after thinking whose opening tag was swallowed', `hm {"name":"X"}\n</think>${GOOD}`],
  ['between words', `Here it is: ${GOOD} — as asked.`],
  ['after an example that does not fit', `An example is {"a":1}. The answer: ${GOOD}`],
  ['after a stray bracket', `{ I think: ${GOOD}`],
  ['with null for an optional field', '{"name":"Aida","phone":null,"need":"buy"}'],
])('JSON is found %s', (_, text) => {
  expect(validate(schema, answer(text))).toEqual({ ok: true, value: { name: 'Aida', need: 'buy' } });
});

test('brackets and quotes inside strings do not end the JSON', () => {
  const tricky = { name: 'a } " \\ ] {', need: 'ask' };
  expect(validate(schema, answer(`x ${JSON.stringify(tricky)} y`))).toEqual({ ok: true, value: tricky });
});

test('a cut answer is invalid even if it happens to parse', () => {
  expect(validate(schema, answer(GOOD, 'length'))).toMatchObject({ ok: false, forModel: /cut off/ });
});

test('what goes to the log names fields and faults, never the words of the answer', () => {
  const result = validate(schema, answer('{"name":77010000000,"need":"sell drugs"}'));
  expect(result).toMatchObject({ ok: false });
  if (result.ok) return;
  expect(result.forLog).toMatch(/name invalid_type, need invalid_value/);
  expect(result.forLog).not.toMatch(/7701|drugs/);
});

test('keys that the model made up do not reach the log as they are', () => {
  const map = { name: 'map', schema: z.record(z.string(), z.number()) };
  const result = validate(map, answer('{"my name is Aida":"x"}'));
  expect(result).toMatchObject({ ok: false, forLog: expect.not.stringContaining('Aida') });
});

test('an unfinished thought leaves nothing of the answer', () => {
  expect(withoutThinking('<think>well, on the one hand')).toBe('');
  expect(withoutThinking('I <think> so')).toBe('I <think> so');
});

test('hostile depth costs no more than a bounded search', () => {
  expect([...jsonCandidates('{'.repeat(100_000))]).toEqual([]);
});

test('objects are closed and transforms show what the model is to write', () => {
  const json = toJsonSchema(
    z.object({ n: z.string().transform(Number), inner: z.object({ a: z.string() }) }),
  );
  expect(json).toEqual({
    type: 'object',
    additionalProperties: false,
    required: ['n', 'inner'],
    properties: {
      n: { type: 'string' },
      inner: {
        type: 'object',
        additionalProperties: false,
        required: ['a'],
        properties: { a: { type: 'string' } },
      },
    },
  });
});

test.each([
  [true, z.object({ a: z.string(), b: z.array(z.enum(['x', 'y'])), c: z.string().nullable() })],
  [false, z.object({ a: z.string().optional() })],
  [false, z.object({ a: z.string().max(3) })],
  [false, z.object({ a: z.unknown() })],
  [false, z.record(z.string(), z.string())],
  [false, z.object({ a: z.array(z.object({ b: z.string().default('x') })) })],
])('strict mode is %s for what it can take', (expected, type) => {
  expect(isStrict(toJsonSchema(type))).toBe(expected);
});

test('the schema joins the system message that is there, or becomes one', () => {
  const user = { role: 'user' as const, content: 'hi' };
  const joined = withSchemaInPrompt([{ role: 'system', content: 'Be kind.' }, user], { type: 'object' });
  expect(joined).toHaveLength(2);
  expect(joined[0]?.content).toMatch(/^Be kind\.[\s\S]*"type":"object"/);
  expect(withSchemaInPrompt([user], {}).map(({ role }) => role)).toEqual(['system', 'user']);
});

test('a repair shows the model its own answer, shortened, and the fault', () => {
  const messages = repairMessages([{ role: 'user', content: 'q' }], 'x'.repeat(50_000), 'name: missing');
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'user']);
  expect(messages[1]?.content.length).toBeLessThan(5_000);
  expect(messages[2]?.content).toContain('name: missing');
});
