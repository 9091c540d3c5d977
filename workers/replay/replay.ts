import type { DataConverter } from '@temporalio/common';
import type { History } from '@temporalio/common/lib/proto-utils.js';
import { type InjectedSinks, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import type { Sinks } from '@temporalio/workflow';
import { createHintSink } from '../projector/hints.ts';

export interface Replayable {
  /** Wait ids and keys are made of it: under another one the code would rightly go another way. */
  workflowId: string;
  history: History;
}

/** Known, and silent while replaying. */
const hints = createHintSink(() => undefined);

/**
 * Leads the histories through the code of the bundle, one after the other, and tells what does not fit. Those that
 * are encrypted need the converter that reads them; `sinks` are what further modules of the bundle tell to.
 */
export async function* replay<R extends Replayable>(
  workflowBundle: WorkflowBundleOption,
  histories: AsyncIterable<R> | Iterable<R>,
  dataConverter: DataConverter = {},
  sinks: InjectedSinks<Sinks> = {},
): AsyncGenerator<{ replayed: R; error: Error | undefined }> {
  let current: R | undefined;
  async function* given() {
    for await (const one of histories) {
      current = one;
      yield { workflowId: one.workflowId, history: one.history };
    }
  }
  for await (const { error } of Worker.runReplayHistories(
    { workflowBundle, sinks: { ...hints, ...sinks }, dataConverter },
    given(),
  )) {
    // The next one is only asked for when this one has been dealt with.
    if (current) yield { replayed: current, error };
  }
}
