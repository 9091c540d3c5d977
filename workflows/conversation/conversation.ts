import {
  allHandlersFinished,
  condition,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  setHandler,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { Envelope } from '../../domain/envelope.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import {
  beginAfreshSignal,
  type ConversationStart,
  conversationQuery,
  inboundSignal,
  openWaitUpdate,
  runAcceptedSignal,
  turnReportSignal,
  utterSignal,
  waitArmedSignal,
  waitClosedSignal,
} from '../kit/messages.ts';
import { definedProcesses } from '../kit/process.ts';
import { Alarm } from './alarm.ts';
import { Albums } from './albums.ts';
import { Clarifier } from './clarify.ts';
import { Commands } from './commands.ts';
import { mediaText } from './media.ts';
import { Notices } from './notices.ts';
import { Records } from './records.ts';
import { Replies } from './replies.ts';
import { type Route, route } from './route.ts';
import { Runs } from './runs.ts';
import { ConversationState } from './state.ts';
import { Turns } from './turns.ts';
import { Voice } from './voice.ts';

/** Well below the server's 10,000 signals and 51,200 events of one execution. */
const LIMITS = { received: 2_000, events: 8_000 };

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
  readonly #runs: Runs;
  readonly #turns: Turns;
  readonly #replies: Replies;
  readonly #albums: Albums;
  readonly #commands: Commands;
  readonly #records: Records;
  readonly #notices: Notices;
  readonly #alarm = new Alarm();
  readonly #definitions = definedProcesses();
  /** Something was received since the loop last looked. */
  #news = true;
  /** Messages wait until more of what is to be said has been said. */
  #held = false;
  /** Continues as new without what was remembered. */
  #afresh = false;

  constructor(start: ConversationStart) {
    this.#start = start;
    const state = new ConversationState(start);
    this.#state = state;
    this.#records = new Records(state);
    this.#voice = new Voice(state);
    this.#notices = new Notices(state, this.#voice);
    const clarifier = new Clarifier(state, this.#voice, this.#definitions, start.timing.askTimeoutMs);
    this.#runs = new Runs(state, this.#voice);
    this.#turns = new Turns(state, clarifier, this.#runs, start.timing);
    this.#replies = new Replies(state, this.#turns, clarifier);
    this.#albums = new Albums(state, this.#voice, this.#turns, start.timing.albumHoldMs);
    this.#commands = new Commands(state, this.#voice, this.#turns, this.#definitions);
    this.#runs.onGone = (workflowId) => {
      state.waits.closeRun(workflowId);
      this.#replies.grant();
      this.#news = true;
    };
    this.#listen();
  }

  async live(): Promise<void> {
    const state = this.#state;
    const { timing } = this.#start;
    await this.#begin();
    for (;;) {
      this.#news = false;
      // What is open is brought to its end first; what arrives meanwhile is taken along.
      if (this.#continueDue) this.#turns.pause();
      await this.#records.fillGap();
      if (!this.#continueDue) await this.#handleWaiting();
      this.#turns.resume();
      this.#turns.understand();
      if (this.#records.moved) await this.#records.save();
      if (this.#news) continue;
      if (Date.now() - state.activeAt >= timing.quietMs) {
        if (this.#runs.anyInherited) await this.#runs.probe();
        if (this.#news) continue;
        if (state.quiet && this.#voice.idle) {
          await this.#records.save();
          if (this.#news) continue;
          return;
        }
        state.activeAt = Date.now();
      }
      if (this.#continueDue && !state.turn && this.#voice.idle) {
        await condition(allHandlersFinished);
        await continueAsNew<typeof conversation>({
          ...this.#start,
          carried: this.#afresh ? state.carryBare() : state.carry(),
        });
      }
      this.#setAlarm();
      setCurrentDetails(state.describe());
      await condition(() => this.#news || this.#turns.unread || this.#alarm.ringing || this.#free);
      if (this.#alarm.rang()) {
        state.waits.expire(Date.now());
        this.#replies.grant();
      }
    }
  }

  async #begin(): Promise<void> {
    if (!this.#state.loaded) return this.#records.load();
    // What the execution before this one had asked runs for may have been lost on the way.
    this.#replies.grant();
    await this.#runs.probe();
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
      received();
      // Asking is an effect: the run takes no further messages into its turn.
      this.#turns.reported({ workflowId: wait.workflowId, consumed, ended: false, failed: false });
      this.#runs.asked(wait.workflowId);
      return state.waits.register(wait, Date.now());
    });
    setHandler(waitArmedSignal, ({ waitId, platformId }) => {
      state.waits.arm(waitId, platformId);
      received();
    });
    setHandler(waitClosedSignal, ({ waitId }) => {
      state.waits.close(waitId);
      this.#replies.grant();
      received();
    });
    setHandler(turnReportSignal, (report) => {
      this.#turns.reported(report);
      this.#replies.givenBack(report.workflowId, report.unread ?? []);
      received();
    });
    setHandler(utterSignal, (utterance) => {
      this.#voice.utter(utterance);
      received();
    });
    setHandler(beginAfreshSignal, () => {
      this.#afresh = true;
      received();
    });
    setHandler(runAcceptedSignal, ({ workflowId }) => {
      if (state.runs.has(workflowId)) state.accepted.add(workflowId);
      received();
    });
    setHandler(conversationQuery, () => state.view());
  }

  /** Handles what can be handled now. A message that fails is apologised for and never blocks the others. */
  async #handleWaiting(): Promise<void> {
    const { inbox } = this.#state;
    this.#held = false;
    for (const envelope of [...inbox.waiting]) {
      this.#held = this.#voice.behind;
      if (this.#held) return;
      const where = route(envelope, {
        definitions: this.#definitions,
        waits: this.#state.waits,
        turnOpen: this.#state.turn !== undefined,
        now: Date.now(),
      });
      if (where.to === 'hold' || (where.to === 'album' && !this.#albums.complete(where.albumId))) continue;
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
    // A shared contact can make this customer one that was known before.
    if (envelope.kind === 'contact') await this.#records.refresh();
    switch (where.to) {
      case 'turn':
        this.#replies.acknowledge(envelope, undefined);
        this.#turns.take(envelope);
        return;
      case 'process':
        if (envelope.button) this.#replies.acknowledge(envelope, undefined);
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
        await this.#replies.press(envelope, where.wait, where.choice);
        return done();
      case 'language':
        this.#replies.acknowledge(envelope, undefined);
        this.#commands.language(where.locale, envelope);
        return done();
      case 'expired_button':
        this.#replies.acknowledge(envelope, text(envelope.locale, 'button.expired'));
        return done();
      case 'reply':
        return this.#replies.deliver(envelope, where.wait);
      case 'correction':
        return this.#replies.correct(envelope, where.answered);
      case 'greeting':
        this.#voice.say(envelope, 'greeting', text(envelope.locale, 'start.greeting'));
        return done();
      case 'suspended':
        this.#notices.suspended(envelope, where);
        return done();
      case 'limited':
        this.#notices.limited(envelope);
        return done();
      case 'album':
        return this.#albums.answer(envelope, where.albumId);
      case 'unread':
        this.#voice.say(envelope, 'unread', mediaText(envelope));
        return done();
      default:
        return done();
    }
  }

  /** Something can be done now that could not before. */
  get #free(): boolean {
    const { inbox, turn } = this.#state;
    if (this.#continueDue) return !turn && this.#voice.idle;
    return this.#records.moved || (this.#held && !this.#voice.behind && inbox.waiting.length > 0);
  }

  get #continueDue(): boolean {
    const { received, events } = this.#start.limits ?? LIMITS;
    const info = workflowInfo();
    if (this.#afresh) return true;
    return info.continueAsNewSuggested || this.#state.received > received || info.historyLength > events;
  }

  #setAlarm(): void {
    const state = this.#state;
    const quietAt = state.activeAt + this.#start.timing.quietMs;
    const due = [
      state.waits.due,
      state.clarification && Math.max(state.clarification.openUntil, quietAt),
      this.#albums.due,
      state.inbox.waiting.length > 0 ? state.waits.holdDue : undefined,
      state.quiet || this.#runs.anyInherited ? quietAt : undefined,
    ].filter((at) => at !== undefined);
    this.#alarm.set(due.length > 0 ? Math.min(...due) : quietAt);
  }
}
