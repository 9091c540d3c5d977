import type { HeldCall, ListedRule, MischiefRule, ServiceName } from '../mischief/rule.ts';
import { type Ask, query } from './http.ts';

/** Injects faults. Rules act in the order in which they were added. */
export class MischiefClient {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  add(rule: MischiefRule): Promise<ListedRule> {
    return this.#ask('POST', '/mischief/rules', rule);
  }

  list(): Promise<ListedRule[]> {
    return this.#ask('GET', '/mischief/rules');
  }

  async get(id: number): Promise<ListedRule> {
    const found = (await this.list()).find((rule) => rule.id === id);
    if (!found) throw new Error(`There is no mischief rule ${id}.`);
    return found;
  }

  /** Requests held by the rule go on; postponed effects happen; a downed service is back. */
  remove(id: number): Promise<unknown> {
    return this.#ask('DELETE', `/mischief/rules/${id}`);
  }

  clear(): Promise<unknown> {
    return this.#ask('DELETE', '/mischief/rules');
  }

  /** Requests parked now by `hold` rules. */
  held(ruleId?: number, waitMs?: number): Promise<HeldCall[]> {
    return this.#ask('GET', `/mischief/held${query({ rule: ruleId, wait: waitMs })}`);
  }

  /** Waits until the rule holds a request; rejects when none comes in time (30 s). */
  async waitForHeld(ruleId: number, timeoutMs = 30_000): Promise<HeldCall> {
    const [held] = await this.held(ruleId, timeoutMs);
    if (!held) throw new Error(`Mischief rule ${ruleId} held nothing within ${timeoutMs} ms.`);
    return held;
  }

  /** Lets a parked request go on; false when it is not parked any more. */
  async release(heldId: number): Promise<boolean> {
    return (await this.#ask<{ released: boolean }>('POST', `/mischief/held/${heldId}/release`, {})).released;
  }

  /** Takes a whole service down; call the function it returns to bring it back. */
  async takeDown(service: ServiceName, forMs?: number): Promise<() => Promise<unknown>> {
    const { id } = await this.add({
      service,
      kind: 'refuse_connections',
      ...(forMs !== undefined && { forMs }),
    });
    return () => this.remove(id);
  }
}

/** Bodies of the usual error answers, to spread into a `status` rule. */
export const faults = {
  telegramTooMany: (seconds: number) => ({
    kind: 'status' as const,
    status: 429,
    headers: { 'retry-after': String(seconds) },
    body: {
      ok: false,
      error_code: 429,
      description: `Too Many Requests: retry after ${seconds}`,
      parameters: { retry_after: seconds },
    },
  }),
  telegramError: (status: number, description: string) => ({
    kind: 'status' as const,
    status,
    body: { ok: false, error_code: status, description },
  }),
  telegramMarkup: () =>
    faults.telegramError(
      400,
      "Bad Request: can't parse entities: Can't find end of Bold entity at byte offset 0",
    ),
  bitrixQueryLimit: () => ({
    kind: 'status' as const,
    status: 503,
    body: { error: 'QUERY_LIMIT_EXCEEDED', error_description: 'Too many requests' },
  }),
  bitrixError: (status: number, error: string, error_description = error) => ({
    kind: 'status' as const,
    status,
    body: { error, error_description },
  }),
  ollamaError: (status: number, error: string) => ({ kind: 'status' as const, status, body: { error } }),
  openAiError: (
    status: number,
    message: string,
    code: string | null = null,
    headers: Record<string, string> = {},
  ) => ({
    kind: 'status' as const,
    status,
    headers,
    body: { error: { message, type: 'api_error', param: null, code } },
  }),
  anthropicError: (status: number, type: string, headers: Record<string, string> = {}) => ({
    kind: 'status' as const,
    status,
    headers,
    body: { type: 'error', error: { type, message: type } },
  }),
  /** GLM's codes are strings: 1302 rate, 1305 overload, 1113 no balance. */
  glmError: (status: number, code: string, message = 'GLM error') => ({
    kind: 'status' as const,
    status,
    body: { error: { code, message } },
  }),
};
