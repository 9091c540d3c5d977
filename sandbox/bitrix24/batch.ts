import { isRecord, type Params } from '../http/params.ts';
import { BitrixError } from './errors.ts';
import type { MethodResult } from './method.ts';
import { parsePhpPairs } from './params.ts';

const REFERENCE = /\$result((?:\[[^\]]+\])+)/g;

/** Replaces `$result[a][item][id]` by what command `a` gave. */
function substitute(value: unknown, results: Record<string, unknown>): unknown {
  if (Array.isArray(value)) return value.map((item) => substitute(item, results));
  if (isRecord(value))
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, substitute(item, results)]));
  if (typeof value !== 'string') return value;
  return value.replace(REFERENCE, (_, path: string) => {
    const keys = [...path.matchAll(/\[([^\]]+)\]/g)].map(([, key]) => key ?? '');
    const found = keys.reduce<unknown>(
      (node, key) =>
        typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[key] : undefined,
      results,
    );
    return found === undefined || found === null ? '' : String(found);
  });
}

const phpMap = (map: Record<string, unknown>) => (Object.keys(map).length > 0 ? map : []);

/**
 * Runs up to 50 commands in order; each sees the effects of those before it. Effects are made at once,
 * because later commands may refer to them; mischief that drops an effect does not reach inside.
 */
export function runBatch(
  params: Params,
  call: (method: string, params: Params) => MethodResult,
): MethodResult {
  const cmd = Array.isArray(params.cmd) ? Object.fromEntries(params.cmd.entries()) : params.cmd;
  if (!isRecord(cmd)) throw new BitrixError(400, 'INVALID_REQUEST', "Parameter 'cmd' is required");
  const entries = Object.entries(cmd);
  if (entries.length > 50)
    throw new BitrixError(400, 'ERROR_BATCH_LENGTH_EXCEEDED', 'Max batch length exceeded');
  const halt = Number(params.halt ?? 0) === 1;
  const results: Record<string, unknown> = {};
  const errors: Record<string, unknown> = {};
  const totals: Record<string, unknown> = {};
  const nexts: Record<string, unknown> = {};
  for (const [key, command] of entries) {
    const [method = '', query = ''] = String(command).split(/\?(.*)/s);
    try {
      if (method === 'batch')
        throw new BitrixError(405, 'ERROR_BATCH_METHOD_NOT_ALLOWED', 'Method is not allowed for batch usage');
      const inner = substitute(parsePhpPairs(new URLSearchParams(query).entries()), results);
      const { result, total, next, commit } = call(method, inner as Params);
      commit?.();
      results[key] = result;
      if (total !== undefined) totals[key] = total;
      if (next !== undefined) nexts[key] = next;
    } catch (error) {
      if (!(error instanceof BitrixError)) throw error;
      errors[key] = { error: error.code, error_description: error.message };
      if (halt) break;
    }
  }
  return {
    result: {
      result: phpMap(results),
      result_error: phpMap(errors),
      result_total: phpMap(totals),
      result_next: phpMap(nexts),
      result_time: [],
    },
  };
}
