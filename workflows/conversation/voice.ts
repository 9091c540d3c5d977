import type { Envelope } from '../../domain/envelope.ts';
import type { Content } from '../../domain/outbound.ts';
import { acting } from '../kit/activities.ts';
import { SENDING } from '../kit/policies.ts';
import type { ConversationState } from './state.ts';

/**
 * What the conversation itself says: help, refusals, notices. One after the other and beside the loop,
 * so that a slow platform holds back neither routing nor the order of what is said.
 */
export class Voice {
  readonly #state: ConversationState;
  #last: Promise<void> = Promise.resolve();
  #pending = 0;

  constructor(state: ConversationState) {
    this.#state = state;
  }

  get idle(): boolean {
    return this.#pending === 0;
  }

  /** Says something about a message, once: `what` and the message's number are the key. */
  say(about: Pick<Envelope, 'number' | 'correlationId'>, what: string, content: string | Content): void {
    this.enqueue(async () => {
      await acting(SENDING, `Say: ${what}`).send({
        conversationId: this.#state.id,
        key: `conversation/${this.#state.id}/${about.number}/${what}`,
        content: typeof content === 'string' ? { text: content, format: 'plain' } : content,
        correlationId: about.correlationId,
      });
    });
  }

  /** Queues work that speaks. Its failure never reaches the loop: the ledger and the events show it. */
  enqueue(work: () => Promise<void>): void {
    this.#pending++;
    this.#last = this.#last
      .then(work)
      .catch(() => undefined)
      .then(() => {
        this.#pending--;
      });
  }
}
