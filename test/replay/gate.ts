import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import type { InjectedSinks, WorkflowBundleOption } from '@temporalio/worker';
import { type Divergence, describeDivergence, type GivenCommand } from '../../workers/replay/divergence.ts';
import { replay } from '../../workers/replay/replay.ts';
import { bundleWorkflows } from '../../workers/worker.ts';
import type { RecordedHistory } from './corpus.ts';
import type { Given, PlacesSinks } from './places.ts';
import { signalThatDiffers } from './signals.ts';

const PLACES = fileURLToPath(new URL('./places.ts', import.meta.url));
const INDEX = 'workflows/index.ts';
const RECORD = 'npm run histories -- record';

/** Workflows that tell from where in the code each command is given. */
export const bundleForGate = (workflowsPath?: string): Promise<WorkflowBundleOption> =>
  bundleWorkflows(workflowsPath, [PLACES]);

/** What the corpus lacks, each with the line it is about and what to do; nothing when every workflow has a history. */
export function gapsOf(
  corpus: readonly Pick<RecordedHistory, 'file' | 'workflowType'>[],
  workflowTypes: readonly string[],
): string[] {
  if (corpus.length === 0) {
    return [`test/histories holds no history: nothing would be replayed. Record them: ${RECORD} --all`];
  }
  const recorded = new Set(corpus.map(({ workflowType }) => workflowType));
  return [
    ...workflowTypes
      .filter((type) => !recorded.has(type))
      .map(
        (type) =>
          `${type}: ${INDEX}:${lineOfExport(type)} exports it, and no history in test/histories/${type} replays it. ` +
          `Give it an example, or a path in test/replay/paths.ts, and record it: ${RECORD}`,
      ),
    ...corpus
      .filter(({ workflowType }) => !workflowTypes.includes(workflowType))
      .map(
        ({ workflowType, file }) =>
          `${workflowType}: test/histories/${file} is of a workflow that ${INDEX} does not export. Runs of it may be ` +
          'open, and nobody could go on with them: export it until the last one has ended, and then delete its histories.',
      ),
  ];
}

function lineOfExport(workflowType: string): number {
  const lines = readFileSync(fileURLToPath(new URL(`../../${INDEX}`, import.meta.url)), 'utf8').split('\n');
  const at = lines.findIndex((line) => new RegExp(`[{ ,]${workflowType}[ ,}]`).test(line));
  return at < 0 ? 1 : at + 1;
}

/** What is wrong with the code for each history, if anything. */
export async function divergencesOf(
  corpus: readonly RecordedHistory[],
  bundle: WorkflowBundleOption,
): Promise<Map<RecordedHistory, Divergence | undefined>> {
  const found = new Map<RecordedHistory, Divergence | undefined>();
  const given: (GivenCommand & Pick<Given, 'kind'>)[] = [];
  const sinks: InjectedSinks<PlacesSinks> = {
    places: {
      given: {
        callDuringReplay: true,
        fn: (_info, { kind, name, stack }) => void given.push({ kind, name, places: placesIn(stack) }),
      },
    },
  };
  function* histories() {
    for (const recorded of corpus) {
      given.length = 0;
      yield replayable(recorded);
    }
  }
  for await (const { replayed, error } of replay(bundle, histories(), {}, sinks)) {
    const { file, workflowType, history } = replayed.recorded;
    const { events } = history;
    const wrong = error ?? otherSignal(events, given);
    const divergence = wrong && { workflowType, name: file, events, error: wrong, given: [...given] };
    found.set(replayed.recorded, divergence);
  }
  return found;
}

function otherSignal(...[events, given]: Parameters<typeof signalThatDiffers>): Error | undefined {
  const found = signalThatDiffers(events, given);
  if (found === undefined) return undefined;
  const { event, recorded, now } = found;
  return new Error(
    `HistoryEvent(id: ${event.eventId}) sent the signal '${recorded}', and signal command '${now}' is given.`,
  );
}

/** The recorded history and what a replay takes of it. */
export function replayable(recorded: RecordedHistory) {
  const { file, history } = recorded;
  const started = history.events[0]?.workflowExecutionStartedEventAttributes as
    | { workflowId?: string }
    | undefined;
  if (!started?.workflowId) throw new Error(`${file} does not say which workflow it is of.`);
  return { recorded, workflowId: started.workflowId, history: historyFromJSON(history) };
}

/** Throws what `describeDivergence` says, where there is one. */
export function assertReplays(
  recorded: RecordedHistory,
  found: Awaited<ReturnType<typeof divergencesOf>>,
): void {
  if (!found.has(recorded)) throw new Error(`${recorded.file} was not replayed.`);
  const divergence = found.get(recorded);
  if (divergence) throw new Error(describeDivergence(divergence));
}

/** Lines of our own code in a stack, innermost first: `workflows/lead.ts:92`. */
function placesIn(stack: string): string[] {
  return [...stack.matchAll(/((?:workflows|test\/fixtures)\/[\w./-]+\.ts:\d+):\d+/g)].map(
    ([, place]) => place ?? '',
  );
}
