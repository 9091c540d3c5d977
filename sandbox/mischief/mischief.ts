import { Bell } from '../http/bell.ts';
import { type Call, matches } from './match.ts';
import type { HeldCall, ListedRule, MischiefRule, ServiceName } from './rule.ts';

interface ActiveRule {
  id: number;
  rule: MischiefRule;
  matched: number;
  fired: number;
  removed: AbortController;
  /** `swap`: the effect that waits for the next matching request. */
  deferred?: () => void;
  timer?: NodeJS.Timeout;
}

/** What is to be done to one request. */
export interface Verdict {
  delays: { ms: number; when: 'before' | 'after'; removed: AbortSignal }[];
  holds: { ruleId: number; when: 'before' | 'after' }[];
  fault?: MischiefRule;
  /** Aborts when the rule behind `fault` is removed. */
  removed?: AbortSignal;
  /** `swap`: keeps an effect for later. */
  defer?: (commit: () => void) => void;
  /** `swap`: effects to perform right after this request's own. */
  settle?: () => void;
}

interface Switches {
  goDown(): Promise<void>;
  comeUp(): Promise<void>;
}

const TERMINAL_FREE = new Set(['delay', 'hold', 'refuse_connections']);

/** The rules in force. Rules act in the order in which they were added. */
export class Mischief {
  #rules: ActiveRule[] = [];
  #held = new Map<number, HeldCall & { release: () => void }>();
  #nextId = 1;
  #nextHeld = 1;
  #bell = new Bell();
  #switches = new Map<ServiceName, Switches>();

  /** Tells how a service's listener is taken down. */
  connect(service: ServiceName, switches: Switches): void {
    this.#switches.set(service, switches);
  }

  async add(rule: MischiefRule): Promise<ListedRule> {
    const active: ActiveRule = {
      id: this.#nextId++,
      rule,
      matched: 0,
      fired: 0,
      removed: new AbortController(),
    };
    this.#rules.push(active);
    if (rule.kind === 'refuse_connections') {
      active.fired = 1;
      await this.#switches.get(rule.service)?.goDown();
      if (rule.forMs !== undefined) active.timer = setTimeout(() => void this.remove(active.id), rule.forMs);
    }
    return listed(active);
  }

  list(): ListedRule[] {
    return this.#rules.map(listed);
  }

  /** Ends the rule: stalled and held requests go on, postponed effects happen, a downed service is back. */
  async remove(id: number): Promise<boolean> {
    const active = this.#rules.find((rule) => rule.id === id);
    if (!active) return false;
    this.#rules = this.#rules.filter((rule) => rule !== active);
    active.removed.abort();
    clearTimeout(active.timer);
    active.deferred?.();
    active.deferred = undefined;
    for (const held of [...this.#held.values()]) if (held.ruleId === id) held.release();
    const { rule } = active;
    const stillDown = this.#rules.some(
      (other) => other.rule.kind === 'refuse_connections' && other.rule.service === rule.service,
    );
    if (rule.kind === 'refuse_connections' && !stillDown) await this.#switches.get(rule.service)?.comeUp();
    return true;
  }

  async clear(): Promise<void> {
    for (const { id } of [...this.#rules]) await this.remove(id);
  }

  /** Decides what happens to this request and counts it. */
  judge(call: Call): Verdict {
    const verdict: Verdict = { delays: [], holds: [] };
    for (const active of this.#rules) {
      const { rule } = active;
      if (rule.kind === 'refuse_connections' || !matches(rule, call)) continue;
      active.matched++;
      if (active.deferred) {
        const settle = active.deferred;
        active.deferred = undefined;
        verdict.settle = settle;
        continue;
      }
      if (active.matched <= (rule.after ?? 0) || isSpent(active)) continue;
      if (!TERMINAL_FREE.has(rule.kind) && verdict.fault) continue;
      active.fired++;
      if (rule.kind === 'delay') {
        verdict.delays.push({ ms: rule.ms, when: rule.when ?? 'before', removed: active.removed.signal });
      } else if (rule.kind === 'hold') verdict.holds.push({ ruleId: active.id, when: rule.when ?? 'before' });
      else {
        verdict.fault = rule;
        verdict.removed = active.removed.signal;
        if (rule.kind === 'swap') {
          verdict.defer = (commit) => {
            active.deferred = commit;
          };
        }
      }
    }
    return verdict;
  }

  /** Parks a request until it is released, its rule is removed, or the client has gone. */
  park(ruleId: number, when: 'before' | 'after', call: Call, gone: AbortSignal): Promise<void> {
    if (!this.#rules.some((rule) => rule.id === ruleId) || gone.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const id = this.#nextHeld++;
      const release = () => {
        this.#held.delete(id);
        this.#bell.ring();
        resolve();
      };
      const { service, method, params } = call;
      this.#held.set(id, { id, ruleId, service, method, when, params, release });
      gone.addEventListener('abort', release, { once: true });
      this.#bell.ring();
    });
  }

  /** Requests parked now, waiting up to `waitMs` for the first one. */
  async held(ruleId: number | undefined, waitMs: number): Promise<HeldCall[]> {
    const look = () => {
      const found = [...this.#held.values()].filter((held) => ruleId === undefined || held.ruleId === ruleId);
      return found.length > 0 ? found : undefined;
    };
    const found = (await this.#bell.until(look, waitMs)) ?? [];
    return found.map(({ release: _, ...held }) => held);
  }

  /** Lets one parked request go on. False when there is none of that id. */
  release(heldId: number): boolean {
    const held = this.#held.get(heldId);
    held?.release();
    return held !== undefined;
  }
}

function isSpent({ rule, fired }: ActiveRule): boolean {
  const times = rule.times ?? (rule.kind === 'swap' ? 1 : undefined);
  return times !== undefined && fired >= times;
}

function listed(active: ActiveRule): ListedRule {
  const { id, rule, matched, fired } = active;
  return { id, rule, matched, fired, spent: isSpent(active) && active.deferred === undefined };
}
