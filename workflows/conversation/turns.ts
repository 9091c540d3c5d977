import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  CancellationScope,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  startChild,
  WorkflowIdReusePolicy,
} from '@temporalio/workflow';
import { type Envelope, toTurnMessage } from '../../domain/envelope.ts';
import { turnRunId } from '../../domain/ids.ts';
import type { RunResult } from '../../domain/run.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import type { Timing } from '../../domain/timing.ts';
import { acting, ownData } from '../kit/activities.ts';
import { amendSignal, type TurnReport } from '../kit/messages.ts';
import { OWN_DATA, THINKING } from '../kit/policies.ts';
import { type RunStart, runMemo, runSearchAttributes, WORKFLOW_TASK_TIMEOUT } from '../kit/start.ts';
import type { Clarifier } from './clarify.ts';
import type { ConversationState, OpenTurn } from './state.ts';
import type { Voice } from './voice.ts';

/** Turns messages into runs: what is written together is understood together and answered once. */
export class Turns {
  readonly #state: ConversationState;
  readonly #voice: Voice;
  readonly #clarifier: Clarifier;
  readonly #timing: Timing;
  #classification: CancellationScope | undefined;

  constructor(state: ConversationState, voice: Voice, clarifier: Clarifier, timing: Timing) {
    this.#state = state;
    this.#voice = voice;
    this.#clarifier = clarifier;
    this.#timing = timing;
  }

  /** A message that is no reply: it begins a turn, or joins the one that is still being thought about. */
  take(envelope: Envelope): void {
    const { turn } = this.#state;
    if (!turn) {
      this.#begin([...this.#clarifier.takeOver(), envelope]);
      return;
    }
    if (turn.workflowId !== undefined) {
      this.#offer(turn, envelope);
      return;
    }
    const late = Date.now() - turn.startedAt > this.#timing.amendWindowMs;
    if (late || turn.amendments >= this.#timing.maxAmendments) {
      this.#state.next.push(envelope);
      return;
    }
    turn.amendments++;
    turn.messages.push(envelope);
    this.#classify(turn);
  }

  /** Starts a process for these messages without asking what they mean. */
  async startProcess(name: string, messages: Envelope[], input: unknown = {}): Promise<void> {
    const turn: OpenTurn = { messages, offered: [], startedAt: Date.now(), amendments: 0 };
    // A command given while an answer is being thought about runs beside it.
    if (!this.#state.turn) this.#state.turn = turn;
    await this.#start(turn, name, input);
  }

  /** What a run says about its turn: which messages it took, and whether it has ended. */
  reported(report: TurnReport): void {
    const { turn } = this.#state;
    if (turn?.workflowId === report.workflowId) this.#close(turn, report.consumed);
    if (report.ended) this.#ended(report.workflowId, report.failed);
  }

  /** May be told twice, by signal and by the child's result; the first one counts. */
  #ended(workflowId: string, failed: boolean): void {
    const first = this.#state.runs.get(workflowId);
    this.#state.runs.delete(workflowId);
    if (failed && first) this.#apologise(workflowId, first);
  }

  #begin(messages: Envelope[]): void {
    const turn: OpenTurn = { messages, offered: [], startedAt: Date.now(), amendments: 0 };
    this.#state.turn = turn;
    this.#classify(turn);
  }

  #classify(turn: OpenTurn): void {
    this.#classification?.cancel();
    const scope = new CancellationScope();
    this.#classification = scope;
    const messages = [...turn.messages];
    void scope
      .run(async () => {
        const intent = await this.#understand(messages);
        if (this.#state.turn !== turn || this.#classification !== scope) return;
        this.#classification = undefined;
        await this.#act(turn, intent);
      })
      .catch((error: unknown) => {
        // An amended turn is classified anew; anything else was handled where it happened.
        if (!isCancellation(error)) throw error;
      });
  }

  /** Never fails: what cannot be understood is a question to be answered. */
  async #understand(messages: Envelope[]): Promise<string> {
    const { row } = this.#state;
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
        return this.#start(turn, 'request', { kind: 'person' });
      case 'task':
        return this.#start(turn, 'request', { kind: 'task' });
      case 'smalltalk':
        return this.#close(
          turn,
          turn.messages.map((m) => m.number),
        );
      case 'unknown': {
        // Asked once: whatever is said then is answered as well as it can be.
        if (this.#clarifier.asked(turn.messages)) return this.#start(turn, 'answer', {});
        this.#clarifier.ask(turn.messages);
        return this.#close(
          turn,
          turn.messages.map((m) => m.number),
        );
      }
      default:
        return this.#start(turn, intent, {});
    }
  }

  async #start(turn: OpenTurn, process: string, input: unknown): Promise<void> {
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
    };
    turn.workflowId = workflowId;
    this.#state.runs.set(workflowId, first);
    try {
      const child = await startChild(process, {
        workflowId,
        args: [start],
        // A run outlives this execution of the conversation.
        parentClosePolicy: ParentClosePolicy.ABANDON,
        workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
        workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
        memo: runMemo(process, start),
        typedSearchAttributes: runSearchAttributes(process, start),
        staticSummary: `${process}, message ${first.number} of the conversation`,
      });
      // Beside another turn nothing is offered to it: its messages are in its hands now.
      if (this.#state.turn !== turn) this.#close(turn, []);
      void this.#follow(child.result() as Promise<RunResult>, turn, workflowId);
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      // Started before this conversation was restarted: it answers, and reports by signal if it outlives its turn.
      this.#state.runs.delete(workflowId);
      this.#close(
        turn,
        turn.messages.map((m) => m.number),
      );
    }
  }

  async #follow(result: Promise<RunResult>, turn: OpenTurn, workflowId: string): Promise<void> {
    try {
      const { consumed } = await result;
      this.#close(turn, consumed ?? turn.messages.map((m) => m.number));
    } catch (error) {
      // Everything that was offered to it is covered by the apology.
      this.#close(
        turn,
        [...turn.messages, ...turn.offered].map((m) => m.number),
      );
      this.#ended(workflowId, !isCancellation(error));
    }
    this.#ended(workflowId, false);
    this.runGone(workflowId);
  }

  /** Set by the conversation: a run that is gone waits for nothing. */
  runGone: (workflowId: string) => void = () => {};

  #offer(turn: OpenTurn, envelope: Envelope): void {
    turn.offered.push(envelope);
    const { workflowId } = turn;
    if (workflowId === undefined) return;
    void getExternalWorkflowHandle(workflowId)
      .signal(amendSignal, [envelope])
      .catch(() => {
        // The run has just ended; what it did not take is the next turn.
      });
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
    const next = [...left, ...this.#state.next].sort((a, b) => a.number - b.number);
    this.#state.next = [];
    if (next.length > 0) this.#begin(next);
  }

  /** A run died: the customer hears an honest word, and a person gets the request. */
  #apologise(workflowId: string, about: Envelope): void {
    const { row } = this.#state;
    const messageIds = [about.messageId];
    this.#voice.enqueue(async () => {
      const { number } = await ownData(OWN_DATA, 'Record a request for a person').recordRequest({
        tenantId: row.tenantId,
        conversationId: this.#state.id,
        customerId: row.customerId,
        key: `${workflowId}/apology`,
        kind: 'error',
        messageIds,
        correlationId: about.correlationId,
      });
      this.#voice.say(about, 'apology', text(about.locale, 'failure.process', { number }));
    });
  }
}
