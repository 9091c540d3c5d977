import type { Envelope } from '../../domain/envelope.ts';
import type { Wait } from '../kit/messages.ts';

export interface HeldWait extends Wait {
  /** Platform id of the question, once it was sent; `0` when nobody knows whether it arrived. */
  platformId?: string;
}

export interface WaitsSnapshot {
  open: HeldWait[];
  queue: Wait[];
}

/** Where a written message goes: to the run that waits for it, nowhere yet, or on to a new turn. */
export type ReplyRoute = { kind: 'deliver'; wait: HeldWait } | { kind: 'hold' } | { kind: 'none' };

/** The questions open in one chat: at most one that a written message may answer, the others in a queue. */
export class Waits {
  #open: HeldWait[];
  #queue: Wait[];

  constructor(snapshot: WaitsSnapshot = { open: [], queue: [] }) {
    this.#open = snapshot.open;
    this.#queue = snapshot.queue;
  }

  snapshot(): WaitsSnapshot {
    return { open: this.#open, queue: this.#queue };
  }

  get open(): readonly HeldWait[] {
    return this.#open;
  }

  get any(): boolean {
    return this.#open.length > 0 || this.#queue.length > 0;
  }

  /** Idempotent: asking again for the same wait keeps its place. */
  register(wait: Wait): 'open' | 'queued' {
    if (this.#open.some((w) => w.waitId === wait.waitId)) return 'open';
    if (this.#open.some((w) => w.workflowId !== wait.workflowId)) {
      if (!this.#queue.some((w) => w.waitId === wait.waitId)) this.#queue.push(wait);
      return 'queued';
    }
    this.#queue = this.#queue.filter((w) => w.waitId !== wait.waitId);
    // A run has one question at a time: a new one replaces what it asked before.
    this.#open = [wait];
    return 'open';
  }

  /** A repeated question keeps the first platform id: replies to the first asking still count. */
  arm(waitId: string, platformId: string): void {
    const wait = this.byId(waitId);
    if (wait && wait.platformId === undefined) wait.platformId = platformId;
  }

  byId(waitId: string): HeldWait | undefined {
    return this.#open.find((w) => w.waitId === waitId);
  }

  /** Nobody waits for this any more. Returns the next question in the queue, whose run may ask now. */
  close(waitId: string): Wait | undefined {
    this.#queue = this.#queue.filter((w) => w.waitId !== waitId);
    this.#open = this.#open.filter((w) => w.waitId !== waitId);
    return this.#next();
  }

  /** A run that has ended waits for nothing. */
  closeRun(workflowId: string): Wait | undefined {
    this.#queue = this.#queue.filter((w) => w.workflowId !== workflowId);
    this.#open = this.#open.filter((w) => w.workflowId !== workflowId);
    return this.#next();
  }

  /** Drops what has run out of time: a run that was terminated never says so. */
  expire(now: number): Wait | undefined {
    this.#open = this.#open.filter((w) => w.expiresAt > now);
    this.#queue = this.#queue.filter((w) => w.expiresAt > now);
    return this.#next();
  }

  get nextExpiry(): number | undefined {
    const times = [...this.#open, ...this.#queue].map((w) => w.expiresAt);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** A quoted question is answered by the quote; otherwise what was written after it is its reply. */
  route(envelope: Envelope): ReplyRoute {
    const quoted = this.#open.find((w) => w.platformId !== undefined && w.platformId === envelope.replyTo);
    if (quoted) return { kind: 'deliver', wait: quoted };
    const wait = this.#open[0];
    if (!wait) return { kind: 'none' };
    if (wait.platformId === undefined) return { kind: 'hold' };
    // Written before the question was there: it cannot be meant as its reply.
    if (isBefore(envelope.platformId, wait.platformId)) return { kind: 'none' };
    return { kind: 'deliver', wait };
  }

  #next(): Wait | undefined {
    return this.#open.length === 0 ? this.#queue[0] : undefined;
  }
}

/** Platform ids that are no numbers (a contact forwarded by another channel, say) have no order: never before. */
function isBefore(a: string, b: string): boolean {
  const [x, y] = [Number.parseInt(a, 10), Number.parseInt(b, 10)];
  return Number.isFinite(x) && Number.isFinite(y) && x < y;
}
