import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, Worker, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { createHintSink } from '../../workers/projector/hints.ts';
import { bundleWorkflows } from '../../workers/worker.ts';
import * as workflows from '../../workflows/index.ts';
import { type RecordedHistory, readCorpus } from './corpus.ts';
import { describeDivergence } from './divergence.ts';

const corpus = readCorpus();
/** Known, and silent while replaying. */
const sinks = createHintSink(() => undefined);

// What a replay has to say is in its error.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'OFF' } },
});

describe('the corpus of recorded histories', () => {
  it.each(Object.keys(workflows))('has a history of %s (`npm run histories` records one)', (workflowType) => {
    expect(corpus.filter((recorded) => recorded.workflowType === workflowType)).not.toEqual([]);
  });

  it('holds only workflows that exist: one that was taken out leaves runs behind that nobody can go on with', () => {
    expect(Object.keys(workflows)).toEqual(
      expect.arrayContaining([...new Set(corpus.map((r) => r.workflowType))]),
    );
  });

  // Without the flags of the SDK that wrote it, a history replays green whatever the code does.
  it.each(corpus.map((r) => [r.file, r] as const))('%s is as the server gave it', (_, recorded) => {
    const completed = recorded.history.events.find(
      (e) => e.eventType === 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED',
    );
    const attributes = completed?.workflowTaskCompletedEventAttributes as
      | { sdkMetadata?: { coreUsedFlags?: number[] } }
      | undefined;
    expect(attributes?.sdkMetadata?.coreUsedFlags).not.toEqual([]);
    expect(attributes?.sdkMetadata?.coreUsedFlags).toBeDefined();
  });
});

describe('replay', () => {
  let divergences: Map<RecordedHistory, Error | undefined>;
  beforeAll(async () => {
    divergences = await replay(corpus, await bundleWorkflows());
  });

  it.each(corpus.map((r) => [r.file, r] as const))('%s leads through the code as it is now', (_, r) => {
    expect(divergences.has(r), 'It was not replayed.').toBe(true);
    const divergence = divergences.get(r);
    if (divergence) throw new Error(describeDivergence(r, divergence));
  });
});

describe('a changed workflow', () => {
  let bundle: WorkflowBundleWithSourceMap;
  beforeAll(async () => {
    bundle = await bundleWorkflows(
      fileURLToPath(new URL('../fixtures/replay/says-before-recording.ts', import.meta.url)),
    );
  });

  it('is refused, with the event at which it leaves the history', async () => {
    const recorded = corpus.find((r) => r.workflowType === 'request');
    if (!recorded) throw new Error('There is no history of request.');
    const divergence = (await replay([recorded], bundle)).get(recorded);
    expect(divergence).toBeDefined();
    const message = describeDivergence(recorded, divergence as Error);
    expect(message).toContain(`request: ${recorded.file} diverges at event `);
    expect(message).toContain('patched(');
  });
});

/** What is wrong with the code for each history, if anything. One worker takes them one after the other. */
async function replay(
  recorded: readonly RecordedHistory[],
  workflowBundle: WorkflowBundleWithSourceMap,
): Promise<Map<RecordedHistory, Error | undefined>> {
  const histories = recorded.map(({ file, history }) => {
    const started = history.events[0]?.workflowExecutionStartedEventAttributes as
      | { workflowId?: string }
      | undefined;
    // Wait ids and keys are made of it: under another one the code would rightly go another way.
    if (!started?.workflowId) throw new Error(`${file} does not say which workflow it is of.`);
    return { workflowId: started.workflowId, history: historyFromJSON(history) };
  });
  const found = new Map<RecordedHistory, Error | undefined>();
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle, sinks }, histories)) {
    const index = found.size;
    const replayed = recorded[index];
    if (!replayed || histories[index]?.workflowId !== workflowId)
      throw new Error('Results are out of order.');
    found.set(replayed, error);
  }
  return found;
}
