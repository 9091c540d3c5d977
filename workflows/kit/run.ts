import {
  type ActivityOptions,
  type LocalActivityOptions,
  WorkflowExecutionAlreadyStartedError,
} from '@temporalio/common';
import {
  ActivityFailure,
  type ActivityInterfaceFor,
  CancellationScope,
  getExternalWorkflowHandle,
  type LocalActivityInterfaceFor,
  ParentClosePolicy,
  patched,
  sleep,
  startChild,
  WorkflowIdReusePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import type { z } from 'zod';
import type { CallbackRef } from '../../domain/callback.ts';
import type { IfUnknown } from '../../domain/doubt.ts';
import { conversationWorkflowId } from '../../domain/ids.ts';
import type { Locale } from '../../domain/locale.ts';
import type { Content } from '../../domain/outbound.ts';
import type { Loss, RunResult, WaitingOn } from '../../domain/run.ts';
import type { Timing } from '../../domain/timing.ts';
import { type Activities, acting, type OwnData, ownData } from './activities.ts';
import { type Answer, Asking, type Question } from './ask.ts';
import { type CallbackRequest, type Called, Calling } from './callback.ts';
import type { ProcessWorkflow } from './definition.ts';
import { runAcceptedSignal } from './messages.ts';
import { SENDING } from './policies.ts';
import { type RunStart, runOptions } from './start.ts';
import { Status } from './status.ts';
import type { Turn } from './turn.ts';
import { Waits } from './waits.ts';

/** One way to get a thing. `instead` says what the customer gets when this is not the first way. */
export interface Way<T> {
  get: () => Promise<T>;
  instead?: string;
}

export type Said = 'sent' | 'unknown' | 'refused';

/** What every process needs and nobody should write twice. */
export class Run {
  readonly workflowId = workflowInfo().workflowId;
  readonly losses: Loss[] = [];
  readonly status = new Status();
  readonly start: RunStart;
  readonly turn: Turn;
  /** The language the customer wrote last. */
  locale: Locale;
  readonly #asking: Asking;
  readonly #waits: Waits;
  readonly #calling: Calling;
  #spoken = 0;

  constructor(start: RunStart, turn: Turn, giveBack: (numbers: number[]) => void) {
    this.start = start;
    this.turn = turn;
    this.locale = start.locale;
    this.#asking = new Asking(this, giveBack);
    this.#waits = new Waits();
    this.#calling = new Calling(this);
  }

  /** Asks the customer and waits for the reply, for days if need be. */
  ask<T>(question: Question<T>): Promise<Answer<T>> {
    return this.#asking.ask(question);
  }

  /**
   * Hands work to a provider that calls back, and waits for its answer as `reads` takes it. Without `reads`
   * the value is a reference, for an activity that reads an answer too long for a history.
   */
  callback<T>(request: CallbackRequest & { reads: z.ZodType<T> }): Promise<Called<T>>;
  callback(request: CallbackRequest): Promise<Called<CallbackRef>>;
  callback<T>({ reads, ...request }: CallbackRequest & { reads?: z.ZodType<T> }) {
    return this.#calling.wait(request, reads);
  }

  get timing(): Timing {
    return this.start.timing;
  }

  /** Whether there is a chat to speak in. */
  get speaks(): boolean {
    return this.start.conversationId !== undefined;
  }

  get conversationId(): string {
    if (this.start.conversationId === undefined) {
      throw new Error('This run was started outside a conversation and cannot speak.');
    }
    return this.start.conversationId;
  }

  /** What activities need to know about whose run this is. */
  get context() {
    const { tenantId, conversationId, customerId, correlationId, intent } = this.start;
    return { tenantId, conversationId, customerId, correlationId, intent, locale: this.locale };
  }

  /** Activities under a policy; the summary is what the Temporal UI shows on the step. */
  act(policy: ActivityOptions, summary: string): ActivityInterfaceFor<Activities> {
    return acting(policy, summary);
  }

  /** Statements in our own database, as local activities. */
  own(policy: LocalActivityOptions, summary: string): LocalActivityInterfaceFor<OwnData> {
    return ownData(policy, summary);
  }

  /** A key for the next thing said. Built from the workflow id, so that a reset does not change it. */
  nextKey(): string {
    return `${this.workflowId}/say/${++this.#spoken}`;
  }

  /**
   * Says something to the customer, once. What cannot be delivered or proved is recorded as a loss. Where nobody can
   * tell whether it arrived it is sent once more, and marked; `ifUnknown: 'person'` leaves that to a person, as it
   * is by itself for words that name a sum of money.
   */
  async say(
    content: string | Content | { draft: string },
    summary = 'Say',
    { ifUnknown }: { ifUnknown?: IfUnknown } = {},
  ): Promise<Said> {
    this.turn.close();
    const report = await this.act(SENDING, summary).send({
      conversationId: this.conversationId,
      key: this.nextKey(),
      content: typeof content === 'string' ? { text: content, format: 'plain' } : content,
      correlationId: this.start.correlationId,
      ...(ifUnknown === undefined ? {} : { ifUnknown }),
    });
    if (report.state === 'queued') throw new Error('Only a question can be queued.');
    if (report.state === 'unknown')
      this.lose('certainty that a message arrived', 'the ledger of sends settles it');
    if (report.state === 'refused') this.lose(`a message to the customer (${report.reason})`, 'nothing');
    return report.state;
  }

  /** The first way that works. A later one makes the run degraded, and says what was lost. */
  async fallback<T, U = T>(what: string, ways: readonly [Way<T>, ...Way<U>[]]): Promise<T | U> {
    let last: unknown;
    for (const [index, way] of ways.entries()) {
      try {
        const got = await way.get();
        if (index > 0) this.lose(what, way.instead ?? `way ${index + 1}`);
        return got;
      } catch (error) {
        // Only a step that failed for good has another way; a cancelled run has none.
        if (!(error instanceof ActivityFailure) || error.cause?.name === 'CancelledFailure') throw error;
        last = error;
      }
    }
    throw last;
  }

  /**
   * What the customer asked for is accepted. What is left to do is owed: they cannot cancel it any more, and
   * are not told should somebody else.
   */
  accepted(): void {
    // Histories from before this was told go on replaying.
    if (!this.speaks || !patched('accepted')) return;
    getExternalWorkflowHandle(conversationWorkflowId(this.conversationId))
      .signal(runAcceptedSignal, { workflowId: this.workflowId })
      .catch(() => {
        // The conversation has ended: nobody cancels anything there.
      });
  }

  /** Something could not be delivered: the run will end degraded. */
  lose(missing: string, instead: string): void {
    this.losses.push({ missing, instead });
  }

  /**
   * Waits durably, and says in words for whom or what. Whoever operates the product may end the wait early
   * ("resume"), unless it `mustElapse`: then going on too soon would do something twice. True once `until`
   * holds.
   */
  async waitFor(
    on: WaitingOn,
    details: string,
    ms: number,
    until: () => boolean = () => false,
    { mustElapse = false }: { mustElapse?: boolean } = {},
  ): Promise<boolean> {
    this.status.waiting(on, details);
    const met = await this.#waits.wait({ details, mustElapse }, ms, until);
    this.status.resumed();
    return met;
  }

  /**
   * Starts a run of another process, which lives on when this one ends or is cancelled, unless it is
   * `cancelledWith` this one. Its id makes starting idempotent:
   * after a reset of this run the other one exists already, and goes on unwatched.
   */
  async begin<T>(
    process: ProcessWorkflow<never, T> | string,
    id: string,
    input: unknown,
    {
      messages = [],
      cancelledWith = false,
    }: { messages?: RunStart['messages']; cancelledWith?: boolean } = {},
  ): Promise<Begun<T>> {
    const name = typeof process === 'string' ? process : process.definition.name;
    const start: RunStart = { ...this.start, locale: this.locale, input, messages };
    try {
      const scope = new CancellationScope({ cancellable: cancelledWith });
      const child = await scope.run(() =>
        startChild(name, {
          workflowId: id,
          args: [start],
          parentClosePolicy: ParentClosePolicy.ABANDON,
          workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
          ...runOptions(name, start),
          staticSummary: `${name} begun by ${workflowInfo().workflowType}`,
        }),
      );
      return { workflowId: id, result: () => child.result() as Promise<RunResult<T>> };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      return { workflowId: id, result: async () => undefined };
    }
  }

  /** The result of a begun run, or undefined when it takes longer than `ms`. Its failure is the caller's. */
  async within<T>(begun: Begun<T>, ms: number): Promise<RunResult<T> | undefined> {
    const timer = new CancellationScope();
    const late = timer.run(() => sleep(Math.max(1, ms))).then(() => undefined);
    const result = begun.result();
    try {
      return await Promise.race([result, late]);
    } finally {
      timer.cancel();
    }
  }
}

/** A run that another one began. */
export interface Begun<T = unknown> {
  workflowId: string;
  /** Undefined when it was begun before and cannot be watched from here. */
  result(): Promise<RunResult<T> | undefined>;
}
