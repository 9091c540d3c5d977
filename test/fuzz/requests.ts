import fc, { type Arbitrary } from 'fast-check';
import { anything, nastyText, type Schema, type Values, valueLike } from './schema.ts';
import { telegramUpdate } from './updates.ts';

/** As much of our OpenAPI document as requests are made of. */
export interface Description {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

interface Operation {
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema }[];
  requestBody?: { content?: Record<string, { schema?: Schema }> };
}

/** One hostile request. */
export interface Hostile {
  method: string;
  /** With its query. */
  path: string;
  headers: Record<string, string>;
  body?: string;
}

export interface Surface {
  description: Description;
  /** Of every request, by the beginning of its path: what lets it in. */
  credentials: Record<string, Record<string, string>>;
  known: readonly string[];
  /** Values of path parameters that exist, by name. */
  places: Record<string, readonly string[]>;
}

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

/** Requests to every operation of the description, with bodies and parameters like and unlike what it says. */
export function hostileRequest(surface: Surface): Arbitrary<Hostile> {
  const { description, known } = surface;
  const values: Values = { schemas: description.components?.schemas ?? {}, known };
  const operations = Object.entries(description.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation === undefined ? [] : [{ path, method, operation }];
    }),
  );
  return fc.oneof(
    ...operations.map(({ path, method, operation }) => ({
      // What changes something, and what platforms reach, more often.
      weight: path.startsWith('/webhooks') ? 12 : method === 'get' ? 1 : 3,
      arbitrary: requestTo(path, method, operation, surface, values),
    })),
  );
}

function requestTo(
  path: string,
  method: string,
  { parameters = [], requestBody }: Operation,
  { credentials, places }: Surface,
  values: Values,
): Arbitrary<Hostile> {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
  const place = (name: string) => {
    const real = places[name] ?? values.known;
    return fc.oneof(
      { weight: 6, arbitrary: real.length > 0 ? fc.constantFrom(...real) : fc.uuid() },
      { weight: 1, arbitrary: fc.uuid() },
      { weight: 1, arbitrary: nastyText.map((text) => text.slice(0, 2_000)) },
    );
  };
  const query = parameters.filter((parameter) => parameter.in === 'query');
  const headers = parameters.filter((parameter) => parameter.in === 'header');
  const [key] = Object.keys(credentials).filter((prefix) => path.startsWith(prefix));
  const own = credentials[key ?? ''] ?? {};
  const schema = requestBody?.content?.['application/json']?.schema;
  return fc
    .record({
      places: fc.tuple(...inPath.map(place)),
      query: some(query, values),
      headers: some(headers, values),
      let: fc.oneof(
        { weight: 15, arbitrary: fc.constant(true) },
        { weight: 1, arbitrary: fc.constant(false) },
      ),
      type: fc.oneof(
        { weight: 20, arbitrary: fc.constant('application/json') },
        {
          weight: 1,
          arbitrary: fc.constantFrom('text/plain', 'multipart/form-data', '', 'application/json; charset=x'),
        },
      ),
      body: requestBody === undefined ? fc.constant(undefined) : bodyOf(path, schema, values),
    })
    .map(({ places: parts, query: asked, headers: said, let: letIn, type, body }) => {
      let at = 0;
      const filled = path.replaceAll(
        /\{\w+\}/g,
        () => encodeURIComponent(wellFormed(String(parts[at++] ?? ''))) || '%20',
      );
      const search = Object.entries(asked).map(
        ([name, value]) => `${name}=${encodeURIComponent(wellFormed(String(value)))}`,
      );
      return {
        method: method.toUpperCase(),
        path: [filled, search.join('&')].filter(Boolean).join('?'),
        headers: {
          ...saidHeaders(said, letIn),
          ...(letIn ? own : {}),
          ...(body === undefined ? {} : { 'content-type': type }),
        },
        ...(body === undefined ? {} : { body }),
      };
    });
}

/** What a header can carry. A made-up signature would keep out what the secret lets in. */
const saidHeaders = (said: Record<string, unknown>, letIn: boolean): Record<string, string> =>
  Object.fromEntries(
    Object.entries(said)
      .map(([name, value]): [string, string] => [
        name.toLowerCase(),
        String(value)
          .replaceAll(/[^\x20-\x7e]/g, '?')
          .slice(0, 2_000),
      ])
      .filter(([name]) => !(letIn && name.includes('signature'))),
  );

const wellFormed = (text: string): string => text.replace(/\p{Surrogate}/gu, '\ufffd');

/** Required ones mostly, others now and then. */
function some(
  parameters: NonNullable<Operation['parameters']>,
  values: Values,
): Arbitrary<Record<string, unknown>> {
  const fields = Object.fromEntries(
    parameters.map(({ name, schema }) => [
      name,
      valueLike(schema, values).map((value) => (typeof value === 'object' ? JSON.stringify(value) : value)),
    ]),
  );
  const requiredKeys = parameters.filter(({ required }) => required).map(({ name }) => name);
  return fc.oneof(
    { weight: 8, arbitrary: fc.record(fields, { requiredKeys }) },
    { weight: 1, arbitrary: fc.record(fields, { requiredKeys: [] }) },
  );
}

function bodyOf(path: string, schema: Schema, values: Values): Arbitrary<string> {
  const like = path.startsWith('/webhooks/telegram') ? telegramUpdate : valueLike(schema, values);
  const json = like.map((value) => JSON.stringify(value) ?? '');
  return fc.oneof(
    { weight: 20, arbitrary: json },
    { weight: 1, arbitrary: anything.map((value) => JSON.stringify(value) ?? '') },
    // Cut off, and no JSON at all.
    { weight: 1, arbitrary: json.chain((text) => fc.nat(text.length).map((end) => text.slice(0, end))) },
    { weight: 1, arbitrary: nastyText },
    {
      weight: 1,
      arbitrary: fc.constantFrom('['.repeat(5_000), `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`),
    },
  );
}
