import { DefaultLogger, Runtime } from '@temporalio/worker';
import { expect, it } from 'vitest';
import { readCorpus } from './corpus.ts';
import { checkMutants, checkSafeEdits, countByVerdict } from './mutation/check.ts';
import { isCaught } from './mutation/verdict.ts';

/*
 * The gate itself is tried: workflow files are changed by rules, and the recorded histories replayed through them.
 * `npm run histories -- mutate` does it for every edit and lists what no history comes to.
 */

/** Drawn anew each day; a failure names the seed. */
const SEED = Number(process.env.MUTATION_SEED ?? Math.floor(Date.now() / 86_400_000));
const SAMPLE = 120;
const corpus = readCorpus();

Runtime.install({
  logger: new DefaultLogger('ERROR'),
  telemetryOptions: { logging: { filter: 'OFF' } },
});

it(`every edit that changes commands of a recorded path is caught (MUTATION_SEED=${SEED})`, async () => {
  const { judged } = await checkMutants(corpus, { sample: SAMPLE, seed: SEED });
  const survivors = judged.filter(({ verdict }) => verdict === 'survived');
  expect(survivors).toEqual([]);
  const caught = judged.filter(isCaught);
  expect(caught.length, JSON.stringify(countByVerdict(judged))).toBeGreaterThanOrEqual(40);
  expect(new Set(caught.map(({ does }) => does)).size).toBeGreaterThanOrEqual(10);
}, 240_000);

it('safe edits raise no alarm: locals, texts, durations, arguments, comments, functions of their own', async () => {
  const { edits, alarms } = await checkSafeEdits(corpus);
  expect(alarms).toEqual([]);
  expect(Math.min(...edits.values())).toBeGreaterThanOrEqual(15);
}, 240_000);
