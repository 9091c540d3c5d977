import { defaultPayloadConverter } from '@temporalio/common';
import {
  CancellationScope,
  type ContinueAsNewInput,
  defineQuery,
  defineSignal,
  type Headers,
  type StartChildWorkflowExecutionInput,
  setHandler,
  type WorkflowInterceptorsFactory,
} from '@temporalio/workflow';

/*
 * Runs in the workflow sandbox of tests whose customers wait for days. Workflows are the ones that ship;
 * what moves is the clock they see, and the timers they have set ring when it has passed them.
 */

/** Puts the clock forward by so many milliseconds. */
export const forwardSignal = defineSignal<[number]>('kitForward');
/** Milliseconds until the next timer, by this clock; null when none is set. */
export const nextTimerQuery = defineQuery<number | null>('kitNextTimer');

const HEADER = 'kit-clock';

interface Timer {
  due: number;
  ring(): void;
}

export const interceptors: WorkflowInterceptorsFactory = () => {
  const timers = new Set<Timer>();
  const present = Date;
  let ahead = 0;
  const now = () => present.now() + ahead;

  const moved = function DateAhead(...args: [] | [number]) {
    return args.length === 0 ? new present(now()) : new present(...args);
  };
  globalThis.Date = Object.assign(moved, {
    now,
    parse: present.parse,
    UTC: present.UTC,
    prototype: present.prototype,
  }) as unknown as DateConstructor;

  /** A child, and what follows this execution, begin at the same time of day. */
  const handOn = <T extends { readonly headers: Headers }>(input: T): T => ({
    ...input,
    headers: { ...input.headers, [HEADER]: defaultPayloadConverter.toPayload(ahead) },
  });

  return {
    inbound: [
      {
        execute(input, next) {
          const handed = input.headers[HEADER];
          if (handed) ahead = defaultPayloadConverter.fromPayload<number>(handed);
          setHandler(forwardSignal, (ms) => {
            ahead += ms;
            const due = [...timers].filter((timer) => timer.due <= now());
            for (const timer of due.sort((a, b) => a.due - b.due)) timer.ring();
          });
          setHandler(nextTimerQuery, () =>
            timers.size === 0 ? null : Math.min(...[...timers].map(({ due }) => due)) - now(),
          );
          return next(input);
        },
      },
    ],
    outbound: [
      {
        async startTimer(input, next) {
          const scope = new CancellationScope();
          const early = new Promise<void>((ring) => {
            timers.add({ due: now() + input.durationMs, ring });
          });
          const own = [...timers].at(-1) as Timer;
          try {
            await Promise.race([scope.run(() => next(input)), early]);
          } finally {
            timers.delete(own);
            scope.cancel();
          }
        },
        startChildWorkflowExecution: (input: StartChildWorkflowExecutionInput, next) => next(handOn(input)),
        continueAsNew: (input: ContinueAsNewInput, next) => next(handOn(input)),
      },
    ],
  };
};
