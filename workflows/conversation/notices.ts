import { SUSPENSION_TOLD_EVERY_MS } from '../../domain/customer.ts';
import type { Envelope } from '../../domain/envelope.ts';
import { LIMIT_TOLD_EVERY_MS } from '../../domain/limits.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import type { Route } from './route.ts';
import type { ConversationState } from './state.ts';
import type { Voice } from './voice.ts';

type Suspended = Extract<Route, { to: 'suspended' }>;

/** Tells customers why they are not served, once in a while however much they write. */
export class Notices {
  readonly #state: ConversationState;
  readonly #voice: Voice;
  /** Two replicas may pass a message of a suspended customer in the same moment. */
  #suspensionToldAt = 0;

  constructor(state: ConversationState, voice: Voice) {
    this.#state = state;
    this.#voice = voice;
  }

  suspended(envelope: Envelope, where: Suspended): void {
    if (Date.now() - this.#suspensionToldAt < SUSPENSION_TOLD_EVERY_MS) return;
    this.#suspensionToldAt = Date.now();
    this.#voice.say(envelope, 'suspended', text(envelope.locale, 'suspended.notice', where));
  }

  limited(envelope: Envelope): void {
    if (Date.now() - this.#state.limitToldAt < LIMIT_TOLD_EVERY_MS) return;
    this.#state.limitToldAt = Date.now();
    this.#voice.say(envelope, 'limited', text(envelope.locale, 'limit.notice'));
  }
}
