import { isCancellation } from '@temporalio/workflow';
import type { Envelope } from '../../domain/envelope.ts';
import type { Content } from '../../domain/outbound.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import { acting } from '../kit/activities.ts';
import type { Utterance } from '../kit/messages.ts';
import { SENDING } from '../kit/policies.ts';
import type { ConversationState } from './state.ts';

/** A customer who gives commands faster than the platform lets us answer waits for the answers. */
const BACKLOG = 10;

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

  /** So much waits to be said that nothing should be taken up that would add to it. */
  get behind(): boolean {
    return this.#pending >= BACKLOG;
  }

  /** Says something about a message, once: `what` and the message's number are the key. */
  say(about: About, what: string, content: string | Content): void {
    this.#queue(() => this.#send(about, what, content));
  }

  /**
   * Says what has to be found out first, in its turn. A failure of finding out is told to the customer and
   * never reaches the loop.
   */
  sayFound(
    about: Pick<Envelope, 'number' | 'correlationId' | 'locale'>,
    what: string,
    find: () => Promise<string>,
  ): void {
    this.#queue(async () => {
      let found: string;
      try {
        found = await find();
      } catch (error) {
        if (isCancellation(error)) throw error;
        return this.#send(about, 'failure', text(about.locale, 'failure.command'));
      }
      return this.#send(about, what, found);
    });
  }

  /** Passes on what somebody else says through the bot. */
  utter({ draft, ...utterance }: Utterance): void {
    this.#queue(async () => {
      await acting(SENDING, 'Say what was handed in').send({
        conversationId: this.#state.id,
        content: { draft },
        ...utterance,
      });
    });
  }

  async #send({ number, correlationId }: About, what: string, content: string | Content): Promise<void> {
    await acting(SENDING, `Say: ${what}`).send({
      conversationId: this.#state.id,
      key: `conversation/${this.#state.id}/${number}/${what}`,
      content: typeof content === 'string' ? { text: content, format: 'plain' } : content,
      correlationId,
    });
  }

  /** What could not be said is shown by the ledger and the events. */
  #queue(work: () => Promise<void>): void {
    this.#pending++;
    this.#last = this.#last
      .then(work)
      .catch(() => undefined)
      .then(() => {
        this.#pending--;
      });
  }
}

type About = Pick<Envelope, 'number' | 'correlationId'>;
