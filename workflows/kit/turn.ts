import { CancellationScope, condition, setHandler } from '@temporalio/workflow';
import { type Envelope, type TurnMessage, toTurnMessage } from '../../domain/envelope.ts';
import { amendSignal } from './messages.ts';

/**
 * The messages a run answers. Until its first effect the customer may add to them; from then on further
 * messages belong to the next turn, and the conversation is told which ones this run has taken. How often
 * and how long a turn may be amended is the conversation's to count.
 */
export class Turn {
  readonly messages: TurnMessage[];
  /** Offered while nothing was thinking: taken by the next thought, or left to the next turn. */
  #offered: TurnMessage[] = [];
  #open = true;
  #thinking = false;
  #changed = 0;
  /** Set once the conversation has offered more than the run was started with. */
  #amended = false;

  /** Tells the conversation what was taken, when it cannot know by itself. */
  readonly #report: (consumed: number[]) => void;

  constructor(messages: readonly TurnMessage[], report: (consumed: number[]) => void) {
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
    if (this.#amended) this.#report(this.consumed);
  }

  /** Thinks about the messages, and again from the start when the customer adds to them meanwhile. */
  async consider<T>(think: (messageIds: string[]) => Promise<T>): Promise<T> {
    this.#thinking = true;
    try {
      for (;;) {
        this.messages.push(...this.#offered.splice(0));
        const seen = this.#changed;
        const scope = new CancellationScope();
        const thought = scope.run(() => think(this.messageIds));
        const waiting = new CancellationScope();
        const amended = waiting
          .run(() => condition(() => this.#changed > seen))
          .then(() => 'amended' as const);
        const first = await Promise.race([thought.then((value) => ({ value })), amended]).finally(() =>
          waiting.cancel(),
        );
        if (first !== 'amended') return first.value;
        scope.cancel();
      }
    } finally {
      this.#thinking = false;
    }
  }

  #amend(envelopes: Envelope[]): void {
    this.#amended = true;
    if (!this.#open) {
      this.#report(this.consumed);
      return;
    }
    const known = new Set([...this.messages, ...this.#offered].map((m) => m.number));
    const fresh = envelopes.filter((e) => !known.has(e.number));
    if (fresh.length === 0) return;
    this.#offered.push(...fresh.map(toTurnMessage));
    if (this.#thinking) this.#changed++;
  }
}
