import { fileURLToPath } from 'node:url';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { describeRehearsal, rehearse } from '../../workers/replay/open.ts';
import { bundleWorkflows } from '../../workers/worker.ts';
import * as workflows from '../../workflows/index.ts';
import { readCorpus } from './corpus.ts';
import { assertReplays, bundleForGate, divergencesOf, gapsOf, replayable } from './gate.ts';

const corpus = readCorpus();

// What a replay has to say is in its error.
Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'OFF' } },
});

describe('the corpus of recorded histories', () => {
  const types = Object.keys(workflows);

  it('has a history of every workflow, and none of one that was taken out', () => {
    expect(gapsOf(corpus, types)).toEqual([]);
  });

  it('is missed as a whole, and for each workflow, with the line it is about and what to do', () => {
    expect(gapsOf([], types)).toEqual([expect.stringContaining('npm run histories -- record --all')]);
    const without = corpus.filter((recorded) => recorded.workflowType !== 'lead_followup');
    expect(gapsOf(without, types)).toEqual([
      expect.stringMatching(
        /^lead_followup: workflows\/index\.ts:\d+ exports it.*npm run histories -- record$/,
      ),
    ]);
    const orphaned = gapsOf(
      corpus,
      types.filter((type) => type !== 'retention'),
    );
    const recorded = corpus.filter(({ workflowType }) => workflowType === 'retention');
    expect(recorded.length).toBeGreaterThan(0);
    expect(orphaned).toEqual(
      recorded.map(() =>
        expect.stringMatching(
          /^retention: test\/histories\/retention\/.* export it until the last one has ended/,
        ),
      ),
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
  let found: Awaited<ReturnType<typeof divergencesOf>>;
  beforeAll(async () => {
    found = await divergencesOf(corpus, await bundleForGate());
  }, 240_000);

  it.each(corpus.map((r) => [r.file, r] as const))('%s leads through the code as it is now', (_, r) => {
    assertReplays(r, found);
  });
});

describe('a changed workflow', () => {
  const changed = fileURLToPath(new URL('../fixtures/replay/says-before-recording.ts', import.meta.url));

  it('is refused, with workflow, event, file and line at which it leaves the history, and with what to do', async () => {
    const recorded = corpus.find((r) => r.workflowType === 'request');
    if (!recorded) throw new Error('There is no history of request.');
    const found = await divergencesOf([recorded], await bundleForGate(changed));
    const refused = () => assertReplays(recorded, found);
    expect(refused).toThrow(`request: ${recorded.file} diverges at event `);
    expect(refused).toThrow(
      /, behind test\/fixtures\/replay\/says-before-recording\.ts:16 \(workflows\/kit\/run\.ts:\d+\)\./,
    );
    expect(refused).toThrow('patched(');
  });

  it('is told with every run that waits for it, and with what to do', async () => {
    const waiting = corpus.filter((r) => r.workflowType === 'request');
    const open = waiting.map((r) => ({ ...replayable(r), workflowType: r.workflowType }));
    const [first, ...lines] = describeRehearsal(await rehearse(await bundleWorkflows(changed), open));
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
