import { parseArgs } from 'node:util';
import { benchFairness } from './fairness.ts';
import { benchFootprint } from './footprint.ts';
import { benchIntake } from './intake.ts';
import { benchRebuild } from './rebuild.ts';
import { benchSixSteps } from './six-steps.ts';

const USAGE = `Usage: npm run bench -- [steps] [intake] [fairness] [footprint] [rebuild]
  [--rounds 3] [--messages 400] [--in-flight 16] [--waiting 10000] [--runs 10000]`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '3' },
    messages: { type: 'string', default: '400' },
    'in-flight': { type: 'string', default: '16' },
    waiting: { type: 'string', default: '10000' },
    runs: { type: 'string', default: '10000' },
  },
});
const say = (line: string) => console.log(line);
const number = (text: string) => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`${text} is no count.\n${USAGE}`);
  return value;
};
const BENCHES = {
  steps: () =>
    benchSixSteps(
      {
        rounds: number(values.rounds),
        messages: number(values.messages),
        inFlight: number(values['in-flight']),
      },
      say,
    ),
  intake: () => benchIntake({ rounds: number(values.rounds), perSecond: 200, seconds: 10 }, say),
  fairness: () => benchFairness({ rounds: number(values.rounds), perSecond: 50, seconds: 20 }, say),
  footprint: () =>
    benchFootprint({ waiting: number(values.waiting), messages: number(values.messages) }, say),
  rebuild: () => benchRebuild({ runs: number(values.runs) }, say),
};
const chosen = positionals.length === 0 ? Object.keys(BENCHES) : positionals;
for (const name of chosen) {
  if (!(name in BENCHES)) throw new Error(`There is no bench ${name}.\n${USAGE}`);
}
for (const name of chosen) {
  say(`\n── ${name}`);
  await BENCHES[name as keyof typeof BENCHES]();
}
process.exit(0);
