import { getExternalWorkflowHandle } from '@temporalio/workflow';
import type { Envelope } from '../../domain/envelope.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import { ownData } from '../kit/activities.ts';
import { type TurnReport, watchSignal } from '../kit/messages.ts';
import { OWN_DATA } from '../kit/policies.ts';
import type { ConversationState } from './state.ts';
import type { Voice } from './voice.ts';

export type Ended = 'done' | 'failed' | 'cancelled';

export const howItEnded = ({ failed, cancelled }: TurnReport): Ended =>
  cancelled ? 'cancelled' : failed ? 'failed' : 'done';

/** The open runs that began in this conversation: who is told when one ends, and how its end is learnt. */
export class Runs {
  readonly #state: ConversationState;
  readonly #voice: Voice;
  /** Begun before this execution, which sees no results of theirs: they report their end when asked to. */
  readonly #inherited = new Map<string, 'unasked' | 'reports'>();
  /** Runs that began elsewhere and have asked something here. */
  readonly #visiting = new Set<string>();
  /** Called once for each run that is gone: it waits for nothing any more. */
  onGone: (workflowId: string) => void = () => {};

  constructor(state: ConversationState, voice: Voice) {
    this.#state = state;
    this.#voice = voice;
    for (const workflowId of state.runs.keys()) this.#inherited.set(workflowId, 'unasked');
  }

  get anyInherited(): boolean {
    return this.#inherited.size > 0;
  }

  begun(workflowId: string, first: Envelope): void {
    this.#state.runs.set(workflowId, first);
  }

  /** May be told twice, by signal and by the child's result; the first one counts. */
  ended(workflowId: string, how: Ended): void {
    const first = this.#state.runs.get(workflowId);
    this.#state.runs.delete(workflowId);
    this.#inherited.delete(workflowId);
    this.#visiting.delete(workflowId);
    const accepted = this.#state.accepted.delete(workflowId);
    const stopped = this.#state.stopped.delete(workflowId);
    if (first && how === 'failed') this.#apologise(workflowId, first);
    // Who stopped it by /cancel has been answered, and what was accepted goes on in other runs.
    if (first && how === 'cancelled' && !stopped && !accepted) {
      this.#voice.say(first, 'stopped', text(first.locale, 'failure.stopped'));
    }
    this.onGone(workflowId);
  }

  /** A run has asked something: one that did not begin here has to report its end, once it is told to. */
  asked(workflowId: string): void {
    if (this.#state.runs.has(workflowId) || this.#visiting.has(workflowId)) return;
    this.#visiting.add(workflowId);
    void getExternalWorkflowHandle(workflowId)
      .signal(watchSignal)
      .catch(() => this.ended(workflowId, 'done'));
  }

  /** Asks inherited runs to report their end. One that had promised to and is gone was stopped from outside. */
  async probe(): Promise<void> {
    for (const [workflowId, known] of [...this.#inherited]) {
      try {
        await getExternalWorkflowHandle(workflowId).signal(watchSignal);
        if (this.#inherited.has(workflowId)) this.#inherited.set(workflowId, 'reports');
      } catch {
        if (this.#inherited.has(workflowId)) {
          this.ended(workflowId, known === 'reports' ? 'failed' : 'done');
        }
      }
    }
  }

  /** A run died: the customer hears an honest word, and a person gets the request. */
  #apologise(workflowId: string, about: Envelope): void {
    const { row } = this.#state;
    this.#voice.sayFound(about, 'apology', async () => {
      const { number } = await ownData(OWN_DATA, 'Record a request for a person').recordRequest({
        tenantId: row.tenantId,
        conversationId: this.#state.id,
        customerId: row.customerId,
        key: `${workflowId}/apology`,
        kind: 'error',
        messageIds: [about.messageId],
        correlationId: about.correlationId,
      });
      return text(about.locale, 'failure.process', { number });
    });
  }
}
