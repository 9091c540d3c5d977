import type { Envelope } from '../../domain/envelope.ts';
import type { Wait } from '../kit/messages.ts';

export interface HeldWait extends Wait {
  /** Platform id of the question, once it was sent; `0` when nobody knows whether it arrived. */
  platformId?: string;
  /** Until then written messages wait for the question to have an id; epoch milliseconds. */
  heldUntil: number;
}

/** A wait that has its reply. Kept for a while: a second press, a correction, or a reply that came too late. */
export interface Answered {
  waitId: string;
  workflowId: string;
  /** The written reply; absent for a pressed button. */
  reply?: Envelope;
}

export interface WaitsSnapshot {
  open: HeldWait[];
  queue: Wait[];
  answered: Answered[];
  floor?: Floor;
}

/** The run that has just been answered goes on speaking before another one asks. */
interface Floor {
  workflowId: string;
  until: number;
}

/** Where a written message goes: to the run that waits for it, nowhere yet, or on to a new turn. */
export type ReplyRoute =
  | { kind: 'deliver'; wait: HeldWait }
  /** Corrects what the same run was told before; it is asking something else now. */
  | { kind: 'correct'; answered: Answered }
  | { kind: 'hold' }
  | { kind: 'none' };

/** A question that is being sent this long is no longer expected to be what the customer replies to. */
const HOLD_MS = 30_000;
const FLOOR_MS = 10_000;
const REMEMBERED = 12;

/**
 * The questions open in one chat: at most one that a written message may answer, the others in a queue. One that is
 * asked beside them is answered by its buttons, or in writing while it stands alone.
 */
export class Waits {
  #open: HeldWait[];
  #queue: Wait[];
  #answered: Answered[];
  #floor: Floor | undefined;

  constructor(snapshot: WaitsSnapshot = { open: [], queue: [], answered: [] }) {
    this.#open = snapshot.open;
    this.#queue = snapshot.queue;
    this.#answered = snapshot.answered;
    this.#floor = snapshot.floor;
  }

  snapshot(): WaitsSnapshot {
    return {
      open: this.#open,
      queue: this.#queue,
      answered: this.#answered,
      ...(this.#floor ? { floor: this.#floor } : {}),
    };
  }

  get open(): readonly HeldWait[] {
    return this.#open;
  }

  get any(): boolean {
    return this.#open.length > 0 || this.#queue.length > 0;
  }

  /** How many questions wait for their turn. */
  get queued(): number {
    return this.#queue.length;
  }

  /** Runs that wait here, open or queued. */
  get runs(): string[] {
    return [...new Set([...this.#open, ...this.#queue].map((w) => w.workflowId))];
  }

  /** Idempotent: asking again for the same wait keeps its place. */
  register(wait: Wait, now: number): 'open' | 'queued' {
    if (this.#open.some((w) => w.waitId === wait.waitId)) return 'open';
    const other = (w: { workflowId: string }) => w.workflowId !== wait.workflowId;
    const floor = this.#floor && this.#floor.until > now ? [this.#floor] : [];
    if (!wait.beside && [...this.#open.filter((w) => !w.beside), ...floor].some(other)) {
      if (!this.#queue.some((w) => w.waitId === wait.waitId)) this.#queue.push(wait);
      return 'queued';
    }
    this.#queue = this.#queue.filter((w) => w.waitId !== wait.waitId);
    if (!wait.beside) this.#floor = undefined;
    // A run has one question at a time: a new one replaces what it asked before.
    this.#open = [...this.#open.filter(other), { ...wait, heldUntil: now + HOLD_MS }];
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

  /** The wait has its reply. Its run has the floor for a moment, so that dialogues do not mix. */
  answer(waitId: string, now: number, reply?: Envelope): void {
    const wait = this.byId(waitId);
    if (!wait) return;
    const { workflowId } = wait;
    this.#open = this.#open.filter((w) => w.waitId !== waitId);
    this.#floor = { workflowId, until: now + FLOOR_MS };
    this.#answered = [...this.#answered, { waitId, workflowId, ...(reply ? { reply } : {}) }].slice(
      -REMEMBERED,
    );
  }

  /** Whether one of its buttons has been pressed. */
  wasPressed(waitId: string): boolean {
    return this.#answered.some((a) => a.waitId === waitId && a.reply === undefined);
  }

  /** A written reply that its run gives back unread. */
  unread(workflowId: string, number: number): Envelope | undefined {
    return this.#answered.find((a) => a.workflowId === workflowId && a.reply?.number === number)?.reply;
  }

  /** Nobody waits for this any more. */
  close(waitId: string): void {
    this.#queue = this.#queue.filter((w) => w.waitId !== waitId);
    this.#open = this.#open.filter((w) => w.waitId !== waitId);
  }

  /** A run that has ended waits for nothing. */
  closeRun(workflowId: string): void {
    this.#queue = this.#queue.filter((w) => w.workflowId !== workflowId);
    this.#open = this.#open.filter((w) => w.workflowId !== workflowId);
    if (this.#floor?.workflowId === workflowId) this.#floor = undefined;
  }

  /** Drops what has run out of time: a run that was terminated never says so. */
  expire(now: number): void {
    this.#open = this.#open.filter((w) => w.expiresAt > now);
    this.#queue = this.#queue.filter((w) => w.expiresAt > now);
    if (this.#floor && this.#floor.until <= now) this.#floor = undefined;
  }

  /** The next question in the queue, whose run may ask now. */
  get next(): Wait | undefined {
    return this.#open.every((w) => w.beside) && !this.#floor ? this.#queue[0] : undefined;
  }

  /** When something here changes by itself; epoch milliseconds. */
  get due(): number | undefined {
    const times = [...this.#open, ...this.#queue].map((w) => w.expiresAt);
    if (this.#floor && this.#queue.length > 0) times.push(this.#floor.until);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** When messages held back for a question without an id are let go. */
  get holdDue(): number | undefined {
    return this.#open.find((w) => w.platformId === undefined)?.heldUntil;
  }

  /** A quoted question is answered by the quote; otherwise what was written after it is its reply. */
  route(envelope: Envelope, now: number): ReplyRoute {
    if (envelope.edits !== undefined) return this.#correction(envelope.edits);
    const quoted = this.#open.find((w) => w.platformId !== undefined && w.platformId === envelope.replyTo);
    if (quoted) return { kind: 'deliver', wait: quoted };
    const wait = this.#open.find((w) => !w.beside) ?? this.#open[0];
    if (!wait) return { kind: 'none' };
    if (wait.platformId === undefined) return { kind: now < wait.heldUntil ? 'hold' : 'none' };
    // Written before the question was there: it cannot be meant as its reply.
    if (isBefore(envelope.platformId, wait.platformId)) return { kind: 'none' };
    return { kind: 'deliver', wait };
  }

  /** What was a reply stays one when it is corrected, as long as its run still listens. */
  #correction(edits: string): ReplyRoute {
    const answered = this.#answered.findLast(
      (a) => a.reply?.platformId === edits || a.reply?.edits === edits,
    );
    if (!answered) return { kind: 'none' };
    const same = this.byId(answered.waitId);
    if (same) return { kind: 'deliver', wait: same };
    return this.#open.some((w) => w.workflowId === answered.workflowId)
      ? { kind: 'correct', answered }
      : { kind: 'none' };
  }
}

/** Platform ids that are no numbers (a contact forwarded by another channel, say) have no order: never before. */
function isBefore(a: string, b: string): boolean {
  const [x, y] = [Number.parseInt(a, 10), Number.parseInt(b, 10)];
  return Number.isFinite(x) && Number.isFinite(y) && x < y;
}
