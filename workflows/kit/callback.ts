import { CancellationScope, condition, isCancellation, setHandler } from '@temporalio/workflow';
import { z } from 'zod';
import type { CallbackRef } from '../../domain/callback.ts';
import { callbackSignal } from './messages.ts';
import { OWN_DATA } from './policies.ts';
import type { Run } from './run.ts';

export interface CallbackRequest {
  /**
   * Hands the work to the provider. The activity in it makes the address out of the reference: the secret
   * half of the address never enters a history. Given up as soon as the answer is there.
   */
  submit: (callback: CallbackRef) => Promise<unknown>;
  /** What the run waits for, for people who look at it. */
  details: string;
  /** How long the answer may take once the work is handed over. */
  timeoutMs: number;
}

/** `unreadable`: something came, and it is not what the schema takes, or too long for a history. */
export type Called<T> =
  | { kind: 'called'; value: T }
  | { kind: 'timeout' }
  | { kind: 'unreadable'; problem: string };

/** Waits for providers that call back. Bound to one run. */
export class Calling {
  readonly #run: Run;
  /** Callbacks whose answer is stored, whether or not anybody here waits for them yet. */
  readonly #received = new Set<string>();
  #opened = 0;

  constructor(run: Run) {
    this.#run = run;
    setHandler(callbackSignal, ({ callbackId }) => {
      this.#received.add(callbackId);
    });
  }

  /**
   * Opens a callback, hands the work over and waits. The stored row decides, not the signal: an answer that
   * comes before the submission's own, twice, or in the last moment is read once; one that comes after
   * `timeout` is refused. Rejects when the work could not be handed over and no answer came all the same.
   */
  async wait<T>(request: CallbackRequest, reads: z.ZodType<T> | undefined): Promise<Called<T | CallbackRef>> {
    const run = this.#run;
    const { tenantId, correlationId } = run.start;
    run.turn.close();
    const { callbackId, received } = await run.own(OWN_DATA, 'Open a callback').openCallback({
      tenantId,
      workflowId: run.workflowId,
      key: `${run.workflowId}/callback/${++this.#opened}`,
      correlationId,
    });
    if (received) this.#received.add(callbackId);
    const ref: CallbackRef = { tenantId, callbackId };
    const answered = await this.#answered(ref, request).finally(() => run.status.resumed());
    if (!answered) return { kind: 'timeout' };
    return reads ? this.#read(ref, reads) : { kind: 'called', value: ref };
  }

  async #answered(ref: CallbackRef, { submit, details, timeoutMs }: CallbackRequest): Promise<boolean> {
    const here = () => this.#received.has(ref.callbackId);
    if (here()) return true;
    this.#run.status.waiting('provider', details);
    try {
      await this.#submit(() => submit(ref), here);
      if (await condition(here, Math.max(1, timeoutMs))) return true;
    } catch (error) {
      if ((await this.#close(ref)) && !isCancellation(error)) return true;
      throw error;
    }
    return this.#close(ref);
  }

  /** Returns when the work is handed over, or need not be any more. */
  async #submit(submit: () => Promise<unknown>, here: () => boolean): Promise<void> {
    const submitting = new CancellationScope();
    const waiting = new CancellationScope();
    await Promise.race([submitting.run(submit), waiting.run(() => condition(here))]).finally(() =>
      waiting.cancel(),
    );
    if (here()) submitting.cancel();
  }

  /** Ends the wait; true when an answer had been stored before. Also in a run that is being cancelled. */
  async #close(ref: CallbackRef): Promise<boolean> {
    const { received } = await CancellationScope.nonCancellable(() =>
      this.#run.own(OWN_DATA, 'Close the callback').closeCallback(ref),
    );
    return received;
  }

  async #read<T>(ref: CallbackRef, reads: z.ZodType<T>): Promise<Called<T>> {
    const read = await this.#run.own(OWN_DATA, 'Read the callback').readCallback(ref);
    if ('tooLong' in read) {
      return { kind: 'unreadable', problem: `It has ${read.tooLong} characters: too many for a history.` };
    }
    const parsed = reads.safeParse(read.body);
    return parsed.success
      ? { kind: 'called', value: parsed.data }
      : { kind: 'unreadable', problem: z.prettifyError(parsed.error) };
  }
}
