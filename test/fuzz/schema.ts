import fc, { type Arbitrary } from 'fast-check';

/** A JSON Schema as our OpenAPI document holds it. */
export type Schema = { [keyword: string]: unknown } | boolean | undefined;

/** Values that break programs: halves of characters, what JavaScript or SQL take for something else, extremes. */
const NASTY_TEXTS = [
  '',
  ' ',
  '\u0000',
  '\ud800',
  'a\u0000b',
  '\u202e',
  '%00',
  '%',
  '../../etc/passwd',
  "'; drop table messages; --",
  '{{7*7}}',
  '__proto__',
  'constructor',
  'NaN',
  '-0',
  '1e999',
  'ñ'.repeat(300),
  '😀'.repeat(50),
  'x'.repeat(70_000),
  '0'.repeat(400),
  '2026-13-45T99:99:99Z',
  '0001-01-01T00:00:00Z',
  '+010000-01-01T00:00:00.000Z',
  '00000000-0000-0000-0000-000000000000',
];
const NASTY_NUMBERS = [
  0,
  -0,
  -1,
  1e300,
  -1e300,
  5e-324,
  2 ** 31,
  2 ** 53,
  -(2 ** 63),
  1.5,
  99_999_999_999_999,
];

export const nastyText: Arbitrary<string> = fc.oneof(
  fc.constantFrom(...NASTY_TEXTS),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 200 }),
);
const nastyNumber = fc.oneof(fc.constantFrom(...NASTY_NUMBERS), fc.integer(), fc.double({ noNaN: true }));

/** Any value that JSON can hold, with keys that programs stumble over. */
export const anything: Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'json' },
    fc.constant(null),
    fc.boolean(),
    nastyNumber,
    nastyText,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom('__proto__', 'constructor', 'toString', ''), nastyText),
      tie('value'),
      {
        maxKeys: 4,
      },
    ),
  ),
})).value;

export interface Values {
  /** What `#/components/schemas/…` stands for. */
  schemas: Record<string, Schema>;
  /** Ids that exist, so that requests get further than to a 404. */
  known: readonly string[];
}

/** Mostly what the schema describes; at every place now and then something else. */
export function valueLike(schema: Schema, values: Values, depth = 0): Arbitrary<unknown> {
  const described = describedBy(schema, values, depth);
  return fc.oneof({ weight: 12, arbitrary: described }, { weight: 1, arbitrary: anything });
}

function describedBy(schema: Schema, values: Values, depth: number): Arbitrary<unknown> {
  if (typeof schema !== 'object' || depth > 8) return anything;
  const { $ref, enum: options, const: constant, type } = schema;
  if (typeof $ref === 'string')
    return describedBy(values.schemas[$ref.split('/').at(-1) ?? ''], values, depth + 1);
  if (constant !== undefined) return fc.constant(constant);
  if (Array.isArray(options)) return fc.constantFrom(...options);
  const either = [schema.anyOf, schema.oneOf].find(Array.isArray) as Schema[] | undefined;
  if (either) return fc.oneof(...either.map((each) => describedBy(each, values, depth + 1)));
  if (Array.isArray(type)) {
    return fc.oneof(...type.map((each: unknown) => describedBy({ ...schema, type: each }, values, depth)));
  }
  const examples = [schema.example, ...(Array.isArray(schema.examples) ? schema.examples : [])].filter(
    (each) => each !== undefined,
  );
  const plain = byType(schema, values, depth);
  return examples.length === 0 ? plain : fc.oneof(fc.constantFrom(...examples), plain);
}

function byType(schema: { [keyword: string]: unknown }, values: Values, depth: number): Arbitrary<unknown> {
  switch (schema.type) {
    case 'string':
      return text(schema, values);
    case 'integer':
      return fc.oneof(fc.integer(bounds(schema)), fc.maxSafeInteger());
    case 'number':
      return nastyNumber;
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array':
      return fc.array(valueLike(schema.items as Schema, values, depth + 1), { maxLength: 4 });
    case 'object':
      return object(schema, values, depth);
    default:
      return schema.properties === undefined ? anything : object(schema, values, depth);
  }
}

function bounds({ minimum, maximum }: { [keyword: string]: unknown }): { min: number; max: number } {
  const min = typeof minimum === 'number' ? Math.max(minimum, -(2 ** 31)) : -10;
  const max = typeof maximum === 'number' ? Math.min(maximum, 2 ** 31 - 1) : 1_000;
  return { min, max: Math.max(min, max) };
}

function text({ format }: { [keyword: string]: unknown }, { known }: Values): Arbitrary<string> {
  const ids = known.length > 0 ? fc.constantFrom(...known) : fc.uuid();
  if (format === 'uuid') return fc.oneof(ids, fc.uuid());
  if (format === 'date-time') {
    return fc.date({ noInvalidDate: true }).map((date) => date.toISOString());
  }
  return fc.oneof(fc.string({ maxLength: 30 }), nastyText, ids);
}

function object(schema: { [keyword: string]: unknown }, values: Values, depth: number): Arbitrary<unknown> {
  const properties = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  const required = Array.isArray(schema.required) ? (schema.required as string[]) : [];
  const fields = Object.fromEntries(
    properties.map(([name, each]) => [name, valueLike(each, values, depth + 1)]),
  );
  // Now and then without something that is required.
  return fc.oneof(
    { weight: 8, arbitrary: fc.record(fields, { requiredKeys: required.filter((name) => name in fields) }) },
    { weight: 1, arbitrary: fc.record(fields, { requiredKeys: [] }) },
  );
}
