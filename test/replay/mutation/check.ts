import { fileURLToPath } from 'node:url';
import type { RecordedHistory } from '../corpus.ts';
import { divergencesOf } from '../gate.ts';
import { bundleWith } from './bundle.ts';
import { type Mutant, mutate } from './mutants.ts';
import { createReplays } from './replays.ts';
import { editSafely, type SafeEdits } from './safe.ts';
import { readSources } from './source.ts';
import { type Judged, VERDICTS, type Verdict } from './verdict.ts';

const HELPERS = fileURLToPath(new URL('switch.ts', import.meta.url));

export interface MutationOptions {
  /** So many mutants, drawn by the seed; all of them without. */
  sample?: number;
  seed?: number;
}

export interface MutationReport {
  /** That there are. */
  mutants: number;
  judged: (Mutant & Judged)[];
}

/** Makes every mutant of the workflow files and replays the corpus under each of them, or a sample. */
export async function checkMutants(
  corpus: readonly RecordedHistory[],
  { sample, seed = 1 }: MutationOptions = {},
): Promise<MutationReport> {
  const { mutants, files } = mutate(readSources(), HELPERS);
  const replays = createReplays(await bundleWith(files));
  const reach = await replays.reach(corpus);
  const chosen = sample === undefined ? mutants : draw(mutants, sample, seed);
  const byId = new Map(chosen.map((mutant) => [mutant.id, mutant]));
  const judged: (Mutant & Judged)[] = [];
  for await (const one of replays.judge([...byId.keys()], reach)) {
    const mutant = byId.get(one.mutant);
    if (mutant) judged.push({ ...mutant, ...one });
  }
  return { mutants: mutants.length, judged };
}

/** Replays the corpus through workflow files with every safe edit in them. */
export async function checkSafeEdits(
  corpus: readonly RecordedHistory[],
): Promise<{ edits: SafeEdits; alarms: string[] }> {
  const { edits, files } = editSafely(readSources());
  const found = await divergencesOf(corpus, await bundleWith(files));
  const alarms = [...found.values()].flatMap((one) => (one ? [`${one.name}: ${one.error.message}`] : []));
  return { edits, alarms };
}

export const countByVerdict = (judged: readonly Judged[]): Record<Verdict, number> =>
  Object.fromEntries(
    VERDICTS.map((verdict) => [verdict, judged.filter((one) => one.verdict === verdict).length]),
  ) as Record<Verdict, number>;

/** The same ones for the same seed. */
function draw<T>(all: readonly T[], count: number, seed: number): T[] {
  const left = [...all];
  const drawn: T[] = [];
  for (let state = seed >>> 0; drawn.length < count && left.length > 0; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    drawn.push(...left.splice(Math.floor((state / 2 ** 32) * left.length), 1));
  }
  return drawn;
}
