import type { Envelope } from '../../domain/envelope.ts';

export interface InboxSnapshot {
  top: number;
  waiting: Envelope[];
  ahead: Envelope[];
  busy: number[];
}

/**
 * Brings the messages of a conversation into their order, whatever order, however often and from however
 * many replicas they arrive. Numbers have no holes, so a missing one is known and can be fetched.
 */
export class Inbox {
  /** Every number up to here has been seen. */
  #top: number;
  /** Seen and not yet handled, in order. */
  #waiting: Envelope[] = [];
  /** Beyond a gap. */
  readonly #ahead = new Map<number, Envelope>();
  /** Being handled: taken, but a crash now would have to handle them again. */
  readonly #busy = new Set<number>();

  constructor(handled: number) {
    this.#top = handled;
  }

  static restore(snapshot: InboxSnapshot): Inbox {
    const inbox = new Inbox(snapshot.top);
    inbox.#waiting = snapshot.waiting;
    for (const e of snapshot.ahead) inbox.#ahead.set(e.number, e);
    for (const n of snapshot.busy) inbox.#busy.add(n);
    return inbox;
  }

  snapshot(): InboxSnapshot {
    return {
      top: this.#top,
      waiting: this.#waiting,
      ahead: [...this.#ahead.values()],
      busy: [...this.#busy],
    };
  }

  /** Takes what is new; what was seen before is dropped. */
  add(envelopes: readonly Envelope[]): void {
    for (const e of envelopes) if (e.number > this.#top) this.#ahead.set(e.number, e);
    for (let next = this.#ahead.get(this.#top + 1); next; next = this.#ahead.get(this.#top + 1)) {
      this.#ahead.delete(next.number);
      this.#waiting.push(next);
      this.#top = next.number;
    }
  }

  /** The numbers that are missing below the first message beyond a gap; both ends exclusive. */
  get gap(): { after: number; before: number } | undefined {
    if (this.#ahead.size === 0) return undefined;
    return { after: this.#top, before: Math.min(...this.#ahead.keys()) };
  }

  /** Gives up on numbers that the database does not have either. */
  skipGap(): void {
    const gap = this.gap;
    if (!gap) return;
    this.#top = gap.before - 1;
    this.add([...this.#ahead.values()]);
  }

  get waiting(): readonly Envelope[] {
    return this.#waiting;
  }

  /** Takes a message out to handle it. */
  take(number: number): void {
    this.#waiting = this.#waiting.filter((e) => e.number !== number);
    this.#busy.add(number);
  }

  /** These have been handled, or are in the hands of a run. */
  done(numbers: readonly number[]): void {
    for (const n of numbers) this.#busy.delete(n);
  }

  /** Everything up to here has been handled; a conversation that starts again begins behind it. */
  get mark(): number {
    const open = [...this.#busy, ...this.#waiting.map((e) => e.number)];
    return open.length === 0 ? this.#top : Math.min(...open) - 1;
  }

  get idle(): boolean {
    return this.#waiting.length === 0 && this.#ahead.size === 0 && this.#busy.size === 0;
  }
}
