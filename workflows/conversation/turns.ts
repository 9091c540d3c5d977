import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  startChild,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { type Envelope, ruledIntent, toTurnMessage } from '../../domain/envelope.ts';
import { turnRunId } from '../../domain/ids.ts';
import type { RunResult } from '../../domain/run.ts';
import type { Timing } from '../../domain/timing.ts';
import { acting } from '../kit/activities.ts';
import { amendSignal, type TurnReport } from '../kit/messages.ts';
import { THINKING } from '../kit/policies.ts';
import { type RunStart, runOptions } from '../kit/start.ts';
import type { Clarifier } from './clarify.ts';
import { type Ended, howItEnded, type Runs } from './runs.ts';
import { type ConversationState, newTurn, type OpenTurn } from './state.ts';

/** Turns messages into runs: what is written together is understood together and answered once. */
export class Turns {
  readonly #state: ConversationState;
  readonly #clarifier: Clarifier;
  readonly #runs: Runs;
  readonly #timing: Timing;
  #classification: CancellationScope | undefined;
  /** The open turn has messages that nobody has begun to understand. */
  #unread = false;
  #paused = false;

  constructor(state: ConversationState, clarifier: Clarifier, runs: Runs, timing: Timing) {
    this.#state = state;
    this.#clarifier = clarifier;
    this.#runs = runs;
    this.#timing = timing;
  }

  /** A message that is no reply: it begins a turn, or joins the one that is still being thought about. */
  take(envelope: Envelope): void {
    const { turn } = this.#state;
    if (!turn) this.#begin([...this.#clarifier.takeOver(), envelope]);
    else if (!this.#amends(turn)) {
      this.#state.next.push(envelope);
      this.#hurry(turn);
    } else if (turn.workflowId !== undefined) {
      turn.offered.push(envelope);
      this.#tell(turn, [envelope]);
    } else {
      turn.messages.push(envelope);
      this.#unread = true;
    }
  }

  /** `understand` has something to do. */
  get unread(): boolean {
    return this.#unread;
  }

  /** Begins to understand the open turn, anew if it was amended. What came together costs one question. */
  understand(): void {
    const { turn } = this.#state;
    if (!this.#unread || !turn) return;
    this.#unread = false;
    this.#classify(turn);
  }

  /** Starts a process for these messages without asking what they mean. */
  async startProcess(name: string, messages: Envelope[], input: unknown = {}): Promise<void> {
    const turn = newTurn(messages);
    // A command given while an answer is being thought about runs beside it.
    if (!this.#state.turn) this.#state.turn = turn;
    await this.#start(turn, name, input);
  }

  /** Gives up a turn that nobody has begun to work on; false when there is none. */
  abandon(): boolean {
    const { turn } = this.#state;
    if (!turn || turn.workflowId !== undefined) return false;
    this.#classification?.cancel();
    this.#classification = undefined;
    this.#finish(turn);
    return true;
  }

  /** What a run says about its turn: which messages it took, and whether it has ended. */
  reported(report: TurnReport): void {
    const { turn } = this.#state;
    if (turn?.workflowId === report.workflowId) this.#close(turn, report.consumed);
    if (report.ended) this.#runs.ended(report.workflowId, howItEnded(report));
  }

  #begin(messages: Envelope[]): void {
    this.#state.turn = newTurn(messages);
    this.#unread = true;
  }

  /** A turn can be amended for a while, and so often; what comes in one moment counts once. */
  #amends(turn: OpenTurn): boolean {
    const now = Date.now();
    if (now === turn.amendedAt) return true;
    if (now - turn.startedAt > this.#timing.amendWindowMs) return false;
    if (turn.amendments >= this.#timing.maxAmendments) return false;
    turn.amendments++;
    turn.amendedAt = now;
    return true;
  }

  #classify(turn: OpenTurn): void {
    this.#classification?.cancel();
    const scope = new CancellationScope();
    this.#classification = scope;
    const messages = [...turn.messages];
    void scope
      .run(async () => {
        const intent = await this.#meaning(messages);
        if (this.#state.turn !== turn || this.#classification !== scope || this.#unread) return;
        this.#classification = undefined;
        await this.#act(turn, intent);
      })
      .catch((error: unknown) => {
        // An amended turn is classified anew; anything else was handled where it happened.
        if (!isCancellation(error)) throw error;
      });
  }

  /** Never fails: what cannot be understood is a question to be answered. */
  async #meaning(messages: Envelope[]): Promise<string> {
    const { row } = this.#state;
    const ruled = ruledIntent(messages);
    if (ruled !== undefined) return ruled;
    try {
      const understood = await acting(THINKING, 'Understand what is wanted').understand({
        tenantId: row.tenantId,
        conversationId: this.#state.id,
        correlationId: messages[0]?.correlationId ?? '',
        messageIds: messages.map((m) => m.messageId),
        locale: messages.at(-1)?.locale ?? row.locale,
      });
      return understood.intent;
    } catch (error) {
      if (isCancellation(error)) throw error;
      return 'answer';
    }
  }

  async #act(turn: OpenTurn, intent: string): Promise<void> {
    switch (intent) {
      case 'human':
        return this.#start(turn, 'request', { kind: 'person' }, intent);
      case 'task':
        return this.#start(turn, 'request', { kind: 'task' }, intent);
      case 'smalltalk':
        return this.#finish(turn);
      case 'unknown':
        // Asked once: whatever is said then is answered as well as it can be.
        if (this.#clarifier.asked(turn.messages)) return this.#start(turn, 'answer', {}, intent);
        this.#clarifier.ask(turn.messages);
        return this.#finish(turn);
      default:
        // Doing the same work again would double it: a person puts the correction where it belongs.
        if (intent !== 'answer' && this.#corrects(turn, intent)) {
          return this.#start(turn, 'request', { kind: 'task' }, intent);
        }
        return this.#start(turn, intent, {}, intent);
    }
  }

  /** Whether the turn only edits messages that this process has taken before. */
  #corrects({ messages }: OpenTurn, process: string): boolean {
    const { takenBy } = this.#state;
    return messages.every((m) => m.edits !== undefined && takenBy.get(m.edits) === process);
  }

  async #start(turn: OpenTurn, process: string, input: unknown, intent?: string): Promise<void> {
    const { row } = this.#state;
    const first = turn.messages[0];
    if (!first) return;
    const workflowId = turnRunId(process, this.#state.id, first.number);
    const start: RunStart = {
      input,
      tenantId: row.tenantId,
      tenantSlug: row.tenantSlug,
      customerId: row.customerId,
      conversationId: this.#state.id,
      locale: turn.messages.at(-1)?.locale ?? row.locale,
      country: row.country,
      correlationId: first.correlationId,
      messages: turn.messages.map(toTurnMessage),
      timing: this.#timing,
      ...(intent === undefined ? {} : { intent }),
    };
    turn.workflowId = workflowId;
    this.#state.remember(turn.messages, process);
    this.#runs.begun(workflowId, first);
    try {
      const starting = startChild(process, {
        workflowId,
        args: [start],
        // A run outlives this execution of the conversation.
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        ...runOptions(process, start),
        staticSummary: `${process}, message ${first.number} of the conversation`,
      });
      turn.started = starting.catch(() => undefined);
      const child = await starting;
      // Beside another turn nothing is offered to it: its messages are in its hands now.
      if (this.#state.turn !== turn) this.#close(turn, []);
      else if (this.#state.next.length > 0) this.#hurry(turn);
      void this.#follow(child.result() as Promise<RunResult>, turn, workflowId);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // Started before this conversation was restarted: it answers, and reports by signal if it outlives its turn.
      this.#runs.ended(workflowId, 'done');
      this.#finish(turn);
    }
  }

  async #follow(result: Promise<RunResult>, turn: OpenTurn, workflowId: string): Promise<void> {
    let how: Ended = 'done';
    try {
      const { consumed } = await result;
      this.#close(turn, consumed ?? turn.messages.map((m) => m.number));
    } catch (error) {
      how = isCancellation(error) ? 'cancelled' : 'failed';
      // Everything that was offered to it is covered by the apology.
      this.#finish(turn);
    }
    this.#runs.ended(workflowId, how);
  }

  /** Others wait for this turn: its run reports when it takes no more messages, which may be long before its end. */
  #hurry(turn: OpenTurn): void {
    if (turn.workflowId === undefined || turn.hurried) return;
    turn.hurried = true;
    this.#tell(turn, []);
  }

  /** Offers messages to the run of a turn, once it exists. */
  #tell(turn: OpenTurn, offered: Envelope[]): void {
    const { workflowId } = turn;
    if (workflowId === undefined) return;
    void (async () => {
      await turn.started;
      if (this.#state.turn !== turn) return;
      await getExternalWorkflowHandle(workflowId).signal(amendSignal, offered);
    })().catch(() => {
      // The run has just ended; what it did not take is the next turn.
    });
  }

  /** Nothing of the turn is left to do. */
  #finish(turn: OpenTurn): void {
    this.#close(
      turn,
      [...turn.messages, ...turn.offered].map((m) => m.number),
    );
  }

  #close(turn: OpenTurn, consumed: readonly number[]): void {
    const { inbox } = this.#state;
    const taken = new Set(consumed);
    const left = turn.offered.filter((e) => !taken.has(e.number));
    inbox.done(
      [...turn.messages, ...turn.offered]
        .map((e) => e.number)
        .filter((n) => !left.some((e) => e.number === n)),
    );
    turn.offered = [];
    if (this.#state.turn !== turn) {
      this.#state.next.push(...left);
      return;
    }
    this.#state.turn = undefined;
    this.#unread = false;
    this.#state.next = [...left, ...this.#state.next].sort((a, b) => a.number - b.number);
    this.resume();
  }

  /** Begins no further turn: the conversation prepares to continue as new. */
  pause(): void {
    this.#paused = true;
    const { turn } = this.#state;
    if (turn) this.#hurry(turn);
  }

  /** Begins the turn that waits for its time, if it has come. */
  resume(): void {
    if (this.#paused || this.#state.turn || this.#state.next.length === 0) return;
    this.#begin(this.#state.next.splice(0));
  }
}
