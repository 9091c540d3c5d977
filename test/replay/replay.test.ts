import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { DefaultLogger, Runtime, type WorkflowBundleWithSourceMap } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeDivergence } from '../../workers/replay/divergence.ts';
import { describeRehearsal, rehearse } from '../../workers/replay/open.ts';
import { replay } from '../../workers/replay/replay.ts';
import { bundleWorkflows } from '../../workers/worker.ts';
import * as workflows from '../../workflows/index.ts';
import { type RecordedHistory, readCorpus } from './corpus.ts';

const corpus = readCorpus();

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
    divergences = await divergencesOf(corpus, await bundleWorkflows());
  });

  it.each(corpus.map((r) => [r.file, r] as const))('%s leads through the code as it is now', (_, r) => {
    expect(divergences.has(r), 'It was not replayed.').toBe(true);
    const divergence = divergences.get(r);
    if (divergence) throw new Error(described(r, divergence));
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
    const divergence = (await divergencesOf([recorded], bundle)).get(recorded);
    expect(divergence).toBeDefined();
    const message = described(recorded, divergence as Error);
    expect(message).toContain(`request: ${recorded.file} diverges at event `);
    expect(message).toContain('patched(');
  });

  it('is told with every run that waits for it, and with what to do', async () => {
    const waiting = corpus.filter((r) => r.workflowType === 'request');
    const open = waiting.map((r) => ({ ...replayable(r), workflowType: r.workflowType }));
    const [first, ...lines] = describeRehearsal(await rehearse(bundle, open));
    expect(first).toBe(`This code would break ${open.length} of ${open.length} open workflows:`);
    for (const { workflowId } of open) {
      expect(lines).toContainEqual(expect.stringContaining(`request: ${workflowId} diverges at event `));
    }
    expect(lines.at(-1)).toContain('patched(');
  });

  it('that breaks nobody is told in one quiet line', () => {
    expect(describeRehearsal({ replayed: 1, broken: [] })).toEqual([
      'Replayed: 1 open workflow, all lead through this code.',
    ]);
    expect(describeRehearsal({ replayed: 0, broken: [] })).toHaveLength(1);
  });
});

const described = ({ file, workflowType, history }: RecordedHistory, error: Error): string =>
  describeDivergence({ workflowType, name: file, events: history.events, error });

function replayable(recorded: RecordedHistory) {
  const { file, history } = recorded;
  const started = history.events[0]?.workflowExecutionStartedEventAttributes as
    | { workflowId?: string }
    | undefined;
  if (!started?.workflowId) throw new Error(`${file} does not say which workflow it is of.`);
  return { recorded, workflowId: started.workflowId, history: historyFromJSON(history) };
}

/** What is wrong with the code for each history, if anything. */
async function divergencesOf(
  recorded: readonly RecordedHistory[],
  bundle: WorkflowBundleWithSourceMap,
): Promise<Map<RecordedHistory, Error | undefined>> {
  const found = new Map<RecordedHistory, Error | undefined>();
  for await (const { replayed, error } of replay(bundle, recorded.map(replayable))) {
    found.set(replayed.recorded, error);
  }
  return found;
}
