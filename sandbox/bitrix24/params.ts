import type { Context } from 'hono';
import { isRecord, type Params, readBody } from '../http/params.ts';

/** Numbered keys from 0 on make a list, as they do in PHP. */
function listIfNumbered(value: unknown): unknown {
  if (!isRecord(value)) return value;
  const keys = Object.keys(value);
  const members = Object.fromEntries(keys.map((key) => [key, listIfNumbered(value[key])]));
  const isList = keys.length > 0 && keys.every((key, index) => key === String(index));
  return isList ? Object.values(members) : members;
}

/** `fields[PHONE][0][VALUE]=1` and its kin as nested objects. */
export function parsePhpPairs(pairs: Iterable<[string, string]>): Params {
  const root: Params = {};
  let anonymous = 0;
  for (const [key, value] of pairs) {
    const path = [
      key.replace(/\[.*$/s, ''),
      ...[...key.matchAll(/\[([^\]]*)\]/g)].map(([, part]) => part || String(anonymous++)),
    ];
    let node = root;
    for (const part of path.slice(0, -1)) {
      // Keys such as __proto__ must not reach the prototype.
      if (!Object.hasOwn(node, part) || !isRecord(node[part]))
        Object.defineProperty(node, part, {
          value: {},
          enumerable: true,
          configurable: true,
          writable: true,
        });
      node = node[part] as Params;
    }
    Object.defineProperty(node, path.at(-1) as string, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return Object.fromEntries(Object.entries(root).map(([key, value]) => [key, listIfNumbered(value)]));
}

export async function readPhpParams(c: Context): Promise<Params> {
  const query = parsePhpPairs(new URL(c.req.url).searchParams.entries());
  const { json, form } = await readBody(c);
  return { ...query, ...parsePhpPairs(form ?? []), ...(isRecord(json) ? json : {}) };
}
