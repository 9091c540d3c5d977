import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js';
import { type InjectedSinks, Worker, type WorkflowBundleOption } from '@temporalio/worker';
import { createHintSink } from '../../../workers/projector/hints.ts';
import type { ProjectionSinks } from '../../../workflows/kit/sinks.ts';
import type { RecordedHistory } from '../corpus.ts';
import type { Given, PlacesSinks } from '../places.ts';
import { MEMO, type MutationSinks, WATCH } from './switch.ts';
import { hear, isCaught, type Judged } from './verdict.ts';

/** A mutant that so many histories do not show is taken to survive all. */
const MOST_TRIED = 16;

interface Pair {
  recorded: RecordedHistory;
  /** Undefined: the code as it is, watched. */
  mutant: string | undefined;
}

export interface Replays {
  /** Histories that come to the place of each mutant, short ones first. Rejects when one does not replay. */
  reach(corpus: readonly RecordedHistory[]): Promise<Map<string, RecordedHistory[]>>;
  /** Replays histories under each mutant until one of them catches it. Wants `reach` first. */
  judge(
    mutants: readonly string[],
    reach: ReadonlyMap<string, readonly RecordedHistory[]>,
  ): AsyncGenerator<Judged>;
}

/** Replays with the bundle of mutated files, all with one worker each: loading the bundle is what costs. */
export function createReplays(workflowBundle: WorkflowBundleOption): Replays {
  /** Commands of each history as the code gives them. */
  const asItIs = new Map<RecordedHistory, readonly Given[]>();

  async function* run(pairs: Iterable<Pair>, onReached: (id: string, pair: Pair) => void) {
    let current: Pair | undefined;
    let given: Given[] = [];
    const sinks: InjectedSinks<MutationSinks & PlacesSinks & ProjectionSinks> = {
      ...createHintSink(() => undefined),
      mutation: {
        reached: { callDuringReplay: true, fn: (_info, id) => current && onReached(id, current) },
      },
      places: {
        given: { callDuringReplay: true, fn: (_info, command) => void given.push(command) },
      },
    };
    async function* histories() {
      for (const pair of pairs) {
        current = pair;
        given = [];
        yield replayable(pair);
      }
    }
    for await (const { error } of Worker.runReplayHistories({ workflowBundle, sinks }, histories())) {
      // The next one is only asked for when this one has been dealt with.
      if (current) yield { pair: current, error, given };
    }
  }

  return {
    async reach(corpus) {
      const reach = new Map<string, RecordedHistory[]>();
      const pairs = [...corpus]
        .sort((a, b) => a.history.events.length - b.history.events.length)
        .map((recorded) => ({ recorded, mutant: undefined }));
      const seen = (id: string, { recorded }: Pair) => {
        reach.set(id, [...(reach.get(id) ?? []), recorded]);
      };
      for await (const { pair, error, given } of run(pairs, seen)) {
        if (error) throw new Error(`${pair.recorded.file} does not replay as it is: ${error.message}`);
        asItIs.set(pair.recorded, given);
      }
      return reach;
    },

    async *judge(mutants, reach) {
      const done: Judged[] = [];
      let judged: Judged | undefined;
      function* pairs() {
        for (const mutant of mutants) {
          const histories = tried(reach.get(mutant) ?? []);
          judged = { mutant, verdict: histories.length > 0 ? 'idle' : 'unreached' };
          done.push(judged);
          for (const recorded of histories) {
            yield { recorded, mutant };
            if (isCaught(judged)) break;
          }
        }
      }
      for await (const { pair, error, given } of run(pairs(), () => undefined)) {
        if (judged) hear(judged, pair.recorded, error, asItIs.get(pair.recorded) ?? [], given);
        yield* done.splice(0, done.length - 1);
      }
      yield* done;
    },
  };
}

/** Short ones tell soonest, long ones most. */
function tried(histories: readonly RecordedHistory[]): readonly RecordedHistory[] {
  if (histories.length <= MOST_TRIED) return histories;
  const half = MOST_TRIED / 2;
  return [...histories.slice(0, half), ...histories.slice(-half).reverse()];
}

function replayable({ recorded, mutant = WATCH }: Pair) {
  const [started, ...rest] = recorded.history.events;
  const attributes = started?.workflowExecutionStartedEventAttributes as
    | { workflowId?: string; memo?: { fields?: object } }
    | undefined;
  if (!started || !attributes?.workflowId) throw new Error(`${recorded.file} does not begin with its start.`);
  const fields = { ...attributes.memo?.fields, [MEMO]: payloadOf(mutant) };
  const event = { ...started, workflowExecutionStartedEventAttributes: { ...attributes, memo: { fields } } };
  return { workflowId: attributes.workflowId, history: historyFromJSON({ events: [event, ...rest] }) };
}

const base64 = (text: string) => Buffer.from(text).toString('base64');
const payloadOf = (value: string) => ({
  metadata: { encoding: base64('json/plain') },
  data: base64(JSON.stringify(value)),
});
