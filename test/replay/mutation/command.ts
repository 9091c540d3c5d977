import { parseArgs } from 'node:util';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { readCorpus } from '../corpus.ts';
import { checkMutants, checkSafeEdits, countByVerdict } from './check.ts';
import { isCaught, type Verdict } from './verdict.ts';

const MEANING: Readonly<Record<Verdict, string>> = {
  diverged: 'a replay tells',
  failed: 'the code throws or turns in a circle',
  survived: 'OTHER COMMANDS, AND NO REPLAY TELLS',
  beyond: 'changes what comes behind the last command of every history that comes there',
  reordered: 'moves a local activity within its task only',
  idle: 'the same commands in every history that comes there',
  unreached: 'no history comes there',
};

/** `npm run histories -- mutate`: every mutant, or `--sample N --seed S`. Exit code 1 if one survives or a safe edit alarms. */
export async function mutateCommand(args: string[], line: (text: string) => void): Promise<number> {
  const { values } = parseArgs({
    args,
    options: { sample: { type: 'string' }, seed: { type: 'string', default: '1' } },
  });
  Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'OFF' } } });
  const corpus = readCorpus();
  const sample = values.sample === undefined ? {} : { sample: Number(values.sample) };
  const { mutants, judged } = await checkMutants(corpus, { ...sample, seed: Number(values.seed) });
  const counts = countByVerdict(judged);
  for (const verdict of Object.keys(MEANING) as Verdict[]) {
    if (isCaught({ mutant: '', verdict })) continue;
    if (counts[verdict] > 0) line(`\n${verdict}: ${MEANING[verdict]}`);
    for (const { file, line: at, does, text, by } of judged.filter((one) => one.verdict === verdict)) {
      line(`  ${file}:${at} ${does}: ${text}${by === undefined ? '' : ` (${by})`}`);
    }
  }
  line(`\n${judged.length} of ${mutants} edits that change commands, ${corpus.length} histories:`);
  for (const [verdict, meaning] of Object.entries(MEANING)) {
    line(`${String(counts[verdict as Verdict]).padStart(6)} ${verdict}: ${meaning}`);
  }
  const { edits, alarms } = await checkSafeEdits(corpus);
  line('\nSafe edits, all at once:');
  for (const [does, count] of edits) line(`${String(count).padStart(6)} ${does}`);
  line(alarms.length === 0 ? 'No alarm.' : `${alarms.length} alarms:\n  ${alarms.join('\n  ')}`);
  return counts.survived === 0 && alarms.length === 0 ? 0 : 1;
}
