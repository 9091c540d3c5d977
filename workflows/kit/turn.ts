import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import { type Envelope, type TurnMessage, toTurnMessage } from '../../domain/envelope.ts';
import type { Timing } from '../../domain/timing.ts';
import { amendSignal } from './messages.ts';

/**
 * The messages a run answers. Until its first effect the customer may add to them; from then on further
 * messages belong to the next turn, and the conversation is told which ones this run has taken.
 */
export class Turn {
  readonly messages: TurnMessage[];
  #open = true;
  #amendments = 0;
  readonly #startedAt = Date.now();
  #changed = 0;
  /** Set once the conversation has offered more than the run was started with. */
  #offered = false;

  readonly #timing: Timing;
  /** Tells the conversation what was taken, when it cannot know by itself. */
  readonly #report: (consumed: number[]) => void;

  constructor(messages: readonly TurnMessage[], timing: Timing, report: (consumed: number[]) => void) {
    this.#timing = timing;
    this.#report = report;
    this.messages = [...messages];
    setHandler(amendSignal, (envelopes) => this.#amend(envelopes));
  }

  get consumed(): number[] {
    return this.messages.map((m) => m.number);
  }

  get messageIds(): string[] {
    return this.messages.map((m) => m.messageId);
  }

  /** From here on nothing is added: the first effect is about to happen. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#offered) this.#report(this.consumed);
  }

  /**
   * Thinks about the messages, and again from the start when the customer adds to them meanwhile
   * (at most `maxAmendments` times within `amendWindowMs`).
   */
  async consider<T>(think: (messageIds: string[]) => Promise<T>): Promise<T> {
    for (;;) {
      const seen = this.#changed;
      const scope = new CancellationScope();
      const thought = scope.run(() => think(this.messageIds));
      const amended = condition(() => this.#changed > seen).then(() => 'amended' as const);
      const first = await Promise.race([thought.then((value) => ({ value })), amended]);
      if (first !== 'amended') return first.value;
      scope.cancel();
      // Whatever the abandoned thought ends with, nobody wants it any more.
      thought.catch(() => undefined);
    }
  }

  #amend(envelopes: Envelope[]): void {
    this.#offered = true;
    if (!this.#open) {
      this.#report(this.consumed);
      return;
    }
    const late = Date.now() - this.#startedAt > this.#timing.amendWindowMs;
    // Not taken: `close` will say so, and they become the next turn.
    if (late || this.#amendments >= this.#timing.maxAmendments) return;
    const known = new Set(this.consumed);
    const fresh = envelopes.filter((e) => !known.has(e.number));
    if (fresh.length === 0) return;
    this.#amendments++;
    this.messages.push(...fresh.map(toTurnMessage));
    this.#changed++;
  }
}
