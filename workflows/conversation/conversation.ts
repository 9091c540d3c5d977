import {
  allHandlersFinished,
  condition,
  continueAsNew,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { Envelope } from '../../domain/envelope.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import { acting, ownData } from '../kit/activities.ts';
import {
  type ConversationStart,
  conversationQuery,
  inboundSignal,
  openWaitUpdate,
  questionTurnSignal,
  replySignal,
  turnReportSignal,
  type Wait,
  waitArmedSignal,
  waitClosedSignal,
} from '../kit/messages.ts';
import { IDEMPOTENT, OWN_DATA } from '../kit/policies.ts';
import { definedProcesses } from '../kit/process.ts';
import { Alarm } from './alarm.ts';
import { Clarifier } from './clarify.ts';
import { Commands } from './commands.ts';
import { mediaText } from './media.ts';
import { type Route, route } from './route.ts';
import { ConversationState } from './state.ts';
import { Turns } from './turns.ts';
import { Voice } from './voice.ts';
import type { HeldWait } from './waits.ts';

/** Well below the server's 10,000 signals and 51,200 events of one execution. */
const MAX_RECEIVED = 2_000;
const MAX_EVENTS = 8_000;

/**
 * One customer in one chat: brings the messages into order, hands replies to the runs that wait for
 * them, and starts a run for everything else. Ends after a quiet time when nothing is open.
 */
export async function conversation(start: ConversationStart): Promise<void> {
  await new Conversation(start).live();
}

class Conversation {
  readonly #start: ConversationStart;
  readonly #state: ConversationState;
  readonly #voice: Voice;
  readonly #clarifier: Clarifier;
  readonly #turns: Turns;
  readonly #commands: Commands;
  readonly #alarm = new Alarm();
  readonly #definitions = definedProcesses();
  /** Albums being collected: when each is complete. */
  readonly #albums = new Map<string, number>();
  /** Something was received since the loop last looked. */
  #news = true;

  constructor(start: ConversationStart) {
    this.#start = start;
    this.#state = new ConversationState(start);
    this.#voice = new Voice(this.#state);
    this.#clarifier = new Clarifier(this.#state, this.#voice, this.#definitions);
    this.#turns = new Turns(this.#state, this.#voice, this.#clarifier, start.timing);
    this.#turns.runGone = (workflowId) => this.#grant(this.#state.waits.closeRun(workflowId));
    this.#commands = new Commands(this.#state, this.#voice, this.#turns, this.#definitions);
    this.#listen();
  }

  async live(): Promise<void> {
    const state = this.#state;
    if (!state.loaded) {
      state.begin(
        await ownData(OWN_DATA, 'Load the conversation').loadConversation({ conversationId: state.id }),
      );
    }
    // The load is durable only once the server has more events than now: until then the mark must not
    // move in the database, or a crash in this task would load the moved mark and skip the message.
    const loadedAt = workflowInfo().historyLength;
    const unsaved = () => state.inbox.mark > state.saved && workflowInfo().historyLength > loadedAt;
    for (;;) {
      this.#news = false;
      await this.#fillGap();
      await this.#handleWaiting();
      if (unsaved()) await this.#saveMark();
      if (this.#news) continue;
      const { timing } = this.#start;
      if (state.quiet && this.#voice.idle && Date.now() - state.activeAt >= timing.quietMs) {
        if (state.inbox.mark > state.saved) await this.#saveMark();
        if (this.#news) continue;
        return;
      }
      if (this.#mustContinue()) {
        await condition(allHandlersFinished);
        if (this.#mustContinue()) {
          await continueAsNew<typeof conversation>({ ...this.#start, carried: state.carry() });
        }
      }
      this.#setAlarm();
      // Also when the voice falls silent: a chat of commands only would otherwise never continue as new.
      await condition(() => this.#news || this.#alarm.ringing || unsaved() || this.#mustContinue());
      if (this.#alarm.rang()) this.#grant(state.waits.expire(Date.now()));
    }
  }

  #listen(): void {
    const state = this.#state;
    const received = () => {
      state.received++;
      state.activeAt = Date.now();
      this.#news = true;
    };
    setHandler(inboundSignal, (envelopes) => {
      state.receive(envelopes);
      received();
    });
    setHandler(openWaitUpdate, ({ consumed, ...wait }) => {
      // Asking is an effect: the run takes no further messages into its turn.
      this.#turns.reported({ workflowId: wait.workflowId, consumed, ended: false, failed: false });
      received();
      return state.waits.register(wait);
    });
    setHandler(waitArmedSignal, ({ waitId, platformId }) => {
      state.waits.arm(waitId, platformId);
      received();
    });
    setHandler(waitClosedSignal, ({ waitId }) => {
      this.#grant(state.waits.close(waitId));
      received();
    });
    setHandler(turnReportSignal, (report) => {
      this.#turns.reported(report);
      if (report.ended) this.#grant(state.waits.closeRun(report.workflowId));
      received();
    });
    setHandler(conversationQuery, () => state.view());
  }

  async #fillGap(): Promise<void> {
    const { inbox } = this.#state;
    for (let gap = inbox.gap; gap; gap = inbox.gap) {
      const missing = await ownData(OWN_DATA, 'Fetch missed messages').loadMissed({
        conversationId: this.#state.id,
        ...gap,
      });
      inbox.add(missing);
      const left = inbox.gap;
      if (left && left.after === gap.after) inbox.skipGap();
    }
  }

  /** Handles what can be handled now. A message that fails is apologised for and never blocks the others. */
  async #handleWaiting(): Promise<void> {
    const { inbox } = this.#state;
    for (const envelope of [...inbox.waiting]) {
      const where = route(envelope, {
        definitions: this.#definitions,
        waits: this.#state.waits,
        turnOpen: this.#state.turn !== undefined,
      });
      if (where.to === 'hold' || (where.to === 'album' && !this.#albumComplete(where.albumId))) continue;
      // An earlier item of an album took this one along.
      if (!inbox.waiting.includes(envelope)) continue;
      inbox.take(envelope.number);
      try {
        await this.#handle(envelope, where);
      } catch (error) {
        // A mistake in this code must be repaired and tried again, not apologised for.
        if (!(error instanceof TemporalFailure) || isCancellation(error)) throw error;
        inbox.done([envelope.number]);
        this.#voice.say(envelope, 'failure', text(envelope.locale, 'failure.command'));
      }
    }
  }

  async #handle(envelope: Envelope, where: Route): Promise<void> {
    const done = () => this.#state.inbox.done([envelope.number]);
    switch (where.to) {
      case 'turn':
        this.#turns.take(envelope);
        return;
      case 'process':
        if (envelope.button) this.#acknowledge(envelope, undefined);
        await this.#turns.startProcess(where.definition.name, [envelope]);
        return;
      case 'human':
        await this.#turns.startProcess('request', [envelope], { kind: 'person' });
        return;
      case 'command':
        await this.#commands.run(where.name, where.args, envelope);
        // /human is in the hands of its run, which will be reported.
        if (where.name !== 'human') done();
        return;
      case 'cancel':
        this.#commands.cancel(envelope);
        return done();
      case 'button':
        await this.#press(envelope, where.wait, where.choice);
        return done();
      case 'language':
        this.#acknowledge(envelope, undefined);
        await this.#commands.language(where.locale, envelope);
        return done();
      case 'expired_button':
        this.#acknowledge(envelope, text(envelope.locale, 'button.expired'));
        return done();
      case 'reply':
        await this.#deliver(envelope, where.wait);
        return;
      case 'greeting':
        this.#voice.say(envelope, 'greeting', text(envelope.locale, 'start.greeting'));
        return done();
      case 'album':
        this.#answerAlbum(envelope, where.albumId);
        return done();
      case 'unread':
        this.#voice.say(envelope, 'unread', mediaText(envelope.locale, where.kind));
        return done();
      default:
        return done();
    }
  }

  /** Hands a written reply to the run that waits for it; a run that is gone makes it a new message. */
  async #deliver(envelope: Envelope, wait: HeldWait): Promise<void> {
    this.#grant(this.#state.waits.close(wait.waitId));
    const { messageId, number, locale, correlationId } = envelope;
    const arrived = await signalled(() =>
      getExternalWorkflowHandle(wait.workflowId).signal(replySignal, {
        waitId: wait.waitId,
        message: { messageId, number, locale, correlationId, contact: envelope.kind === 'contact' },
        ...(envelope.hint === 'human' ? { hint: 'human' as const } : {}),
      }),
    );
    if (arrived) this.#state.inbox.done([number]);
    else this.#turns.take(envelope);
  }

  async #press(envelope: Envelope, waitId: string, choice: number): Promise<void> {
    const { waits } = this.#state;
    const clarified = this.#clarifier.choose(waitId, choice);
    if (clarified) {
      this.#acknowledge(envelope, undefined);
      await this.#turns.startProcess(clarified.process, clarified.messages);
      return;
    }
    const wait = waits.byId(waitId);
    const known = wait !== undefined && choice < wait.choices;
    if (known) {
      this.#grant(waits.close(waitId));
      const arrived = await signalled(() =>
        getExternalWorkflowHandle(wait.workflowId).signal(replySignal, { waitId, choice }),
      );
      if (arrived) {
        this.#acknowledge(envelope, undefined);
        return;
      }
    }
    this.#acknowledge(envelope, text(envelope.locale, 'button.expired'));
  }

  /** Ends the spinner on a button at once, beside everything else; a notice says why nothing will happen. */
  #acknowledge(envelope: Envelope, notice: string | undefined): void {
    const { button } = envelope;
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

  /** An album is complete a moment after its last item. */
  #albumComplete(albumId: string): boolean {
    const items = this.#state.inbox.waiting.filter((e) => e.albumId === albumId).length;
    const key = `${albumId}/${items}`;
    const due = this.#albums.get(key) ?? Date.now() + this.#start.timing.albumHoldMs;
    this.#albums.set(key, due);
    if (Date.now() < due) this.#alarm.set(due);
    return Date.now() >= due;
  }

  #answerAlbum(first: Envelope, albumId: string): void {
    const { inbox } = this.#state;
    const rest = inbox.waiting.filter((e) => e.albumId === albumId);
    for (const item of rest) {
      inbox.take(item.number);
      inbox.done([item.number]);
    }
    this.#albums.clear();
    const caption = [first, ...rest].find((e) => e.hasText);
    if (caption) this.#turns.take(caption);
    else this.#voice.say(first, 'album', text(first.locale, 'media.album', { count: rest.length + 1 }));
  }

  /** The next question in the queue may be asked now. */
  #grant(next: Wait | undefined): void {
    if (!next) return;
    void getExternalWorkflowHandle(next.workflowId)
      .signal(questionTurnSignal, { waitId: next.waitId })
      .catch(() => {
        // That run is gone; the one behind it comes to its turn.
        this.#grant(this.#state.waits.closeRun(next.workflowId));
      });
  }

  async #saveMark(): Promise<void> {
    const { mark } = this.#state.inbox;
    await ownData(OWN_DATA, 'Save the mark').saveMark({ conversationId: this.#state.id, number: mark });
    this.#state.saved = mark;
  }

  #mustContinue(): boolean {
    const info = workflowInfo();
    const due =
      info.continueAsNewSuggested || this.#state.received > MAX_RECEIVED || info.historyLength > MAX_EVENTS;
    return due && !this.#state.turn && this.#voice.idle && !this.#news;
  }

  #setAlarm(): void {
    const expiry = this.#state.waits.nextExpiry;
    const quiet = this.#state.activeAt + this.#start.timing.quietMs;
    this.#alarm.set(this.#state.quiet || expiry === undefined ? quiet : expiry);
  }
}

/** False when the run does not exist any more. */
async function signalled(signal: () => Promise<void>): Promise<boolean> {
  try {
    await signal();
    return true;
  } catch {
    return false;
  }
}
