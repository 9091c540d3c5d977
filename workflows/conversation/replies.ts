import { getExternalWorkflowHandle } from '@temporalio/workflow';
import type { Envelope } from '../../domain/envelope.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import { acting } from '../kit/activities.ts';
import { questionTurnSignal, type Reply, replySignal } from '../kit/messages.ts';
import { IDEMPOTENT } from '../kit/policies.ts';
import type { Clarifier } from './clarify.ts';
import type { ConversationState } from './state.ts';
import type { Turns } from './turns.ts';
import type { Answered, HeldWait } from './waits.ts';

/** Hands replies and pressed buttons to the runs that wait for them. */
export class Replies {
  readonly #state: ConversationState;
  readonly #turns: Turns;
  readonly #clarifier: Clarifier;

  constructor(state: ConversationState, turns: Turns, clarifier: Clarifier) {
    this.#state = state;
    this.#turns = turns;
    this.#clarifier = clarifier;
  }

  /** A reply whose run is gone is a new message. */
  async deliver(envelope: Envelope, { waitId, workflowId }: HeldWait): Promise<void> {
    this.#state.waits.answer(waitId, Date.now(), envelope);
    await this.#hand(workflowId, envelope, {
      waitId,
      message: referenceTo(envelope),
      ...(envelope.hint === 'human' ? { hint: 'human' as const } : {}),
    });
  }

  /** The run that was told before is asking something else: it hears the correction. */
  correct(envelope: Envelope, { waitId, workflowId }: Answered): Promise<void> {
    return this.#hand(workflowId, envelope, { waitId, message: referenceTo(envelope), corrects: true });
  }

  /** Replies that came when their run had stopped listening, and corrections that it could not use. */
  givenBack(workflowId: string, numbers: readonly number[]): void {
    for (const number of numbers) {
      const envelope = this.#state.waits.unread(workflowId, number);
      if (envelope) this.#turns.take(envelope);
    }
  }

  async press(envelope: Envelope, waitId: string, choice: number): Promise<void> {
    const { waits } = this.#state;
    const { locale } = envelope;
    const clarified = this.#clarifier.choose(waitId, choice);
    if (clarified) {
      this.acknowledge(envelope, undefined);
      await this.#turns.startProcess(clarified.process, clarified.messages);
      return;
    }
    const wait = waits.byId(waitId);
    if (wait && choice < wait.choices) {
      waits.answer(waitId, Date.now());
      if (await signalled(wait.workflowId, { waitId, choice })) {
        this.acknowledge(envelope, undefined);
        return;
      }
      waits.closeRun(wait.workflowId);
    } else if (waits.wasPressed(waitId) || this.#clarifier.wasChosen(waitId)) {
      this.acknowledge(envelope, text(locale, 'button.already'));
      return;
    }
    this.acknowledge(envelope, text(locale, 'button.expired'));
  }

  /** Ends the spinner on a button at once, beside everything else; a notice says why nothing will happen. */
  acknowledge({ button }: Envelope, notice: string | undefined): void {
    if (!button) return;
    void acting(IDEMPOTENT, 'Acknowledge a button')
      .acknowledgeButton({
        conversationId: this.#state.id,
        callbackId: button.callbackId,
        ...(notice === undefined ? {} : { notice }),
        ...(button.messageId === undefined ? {} : { messageId: button.messageId }),
      })
      .catch(() => {
        // The client's spinner ends by itself; the press has been handled.
      });
  }

  /** Tells the run at the head of the queue that it may ask now. Telling it twice is harmless. */
  grant(): void {
    const { next } = this.#state.waits;
    if (!next) return;
    void getExternalWorkflowHandle(next.workflowId)
      .signal(questionTurnSignal, { waitId: next.waitId })
      .catch(() => {
        // That run is gone; the one behind it comes to its turn.
        this.#state.waits.closeRun(next.workflowId);
        this.grant();
      });
  }

  async #hand(workflowId: string, envelope: Envelope, reply: Reply): Promise<void> {
    if (await signalled(workflowId, reply)) {
      this.#state.inbox.done([envelope.number]);
      return;
    }
    this.#state.waits.closeRun(workflowId);
    this.grant();
    this.#turns.take(envelope);
  }
}

const referenceTo = ({ messageId, number, locale, correlationId, kind }: Envelope) => ({
  messageId,
  number,
  locale,
  correlationId,
  contact: kind === 'contact',
});

/** False when the run does not exist any more. */
async function signalled(workflowId: string, reply: Reply): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowId).signal(replySignal, reply);
    return true;
  } catch {
    return false;
  }
}
