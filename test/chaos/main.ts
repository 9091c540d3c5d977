import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import {
  boundariesOf,
  merged,
  missing,
  ownDataOf,
  readBoundaries,
  readGone,
  writeBoundaries,
} from './boundaries.ts';
import { parseBoundary } from './boundary.ts';
import { judge } from './judge/checks.ts';
import { gather } from './judge/gather.ts';
import { plan } from './plan.ts';
import { seeded } from './random.ts';
import { record } from './record.ts';
import { report, toComplaints, toMarkdown } from './report.ts';
import { startStack } from './stack/stack.ts';
import { VICTIMS, type Victim } from './stack/victims.ts';
import { sweep } from './sweep.ts';
import { createWalker, PATHS } from './walk/walk.ts';

const USAGE = `Usage: npm run chaos -- [--runs N] [--seed S] [--process P] [--boundary ID] [--victim V] [--json FILE]
       npm run chaos -- --record [--all]
Kills parts of the product at every boundary of every effect, and tells whether what is promised held.
  --runs N       boundary hits; at least, and by default, each boundary once
  --seed S       chooses victims, paths and order (1)
  --process P    only boundaries of this process
  --boundary ID  only this boundary
  --victim V     only this victim: ${VICTIMS.join(', ')}
  --json FILE    writes the report there as well
  --record       walks every path undisturbed that the list does not know, with --all every path`;

interface Choice {
  runs: number | undefined;
  seed: number;
  process: string | undefined;
  boundary: string | undefined;
  victims: readonly Victim[];
  json: string | undefined;
  record: boolean;
  all: boolean;
}

function readArguments(args: string[]): Choice {
  const { values } = parseArgs({
    args,
    options: {
      runs: { type: 'string' },
      seed: { type: 'string', default: '1' },
      process: { type: 'string' },
      boundary: { type: 'string' },
      victim: { type: 'string' },
      json: { type: 'string' },
      record: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
    },
  });
  const number = (text: string) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${text} is no count.`);
    return value;
  };
  const { runs, seed, victim, ...rest } = values;
  const victims = VICTIMS.filter((one) => victim === undefined || one === victim);
  if (victims.length === 0) throw new Error(`${victim} is no victim: ${VICTIMS.join(', ')}.`);
  return {
    process: rest.process,
    boundary: rest.boundary,
    json: rest.json,
    record: rest.record,
    all: rest.all,
    runs: runs === undefined ? undefined : number(runs),
    seed: number(seed),
    victims,
  };
}

const begun = Date.now();
const log = (line: string) =>
  console.log(
    `${Math.round((Date.now() - begun) / 1000)
      .toString()
      .padStart(5)} s  ${line}`,
  );

async function recordAnew(all: boolean): Promise<number> {
  const stack = await startStack(log);
  try {
    const before = readBoundaries();
    const names = PATHS.map(({ name }) => name);
    const paths = PATHS.filter(({ name }) => all || !(name in before.paths));
    const list = merged(before, await record(stack, createWalker(stack), log, paths), names);
    const lost = missing(before, list, readGone());
    for (const id of lost) {
      console.error(`${id} is not come by any more, and boundaries-gone.json does not say why.`);
    }
    if (lost.length > 0) return 1;
    writeBoundaries(list);
    return 0;
  } finally {
    await stack.stop();
  }
}

async function main(choice: Choice): Promise<number> {
  if (choice.record) return recordAnew(choice.all);
  const list = readBoundaries();
  const boundaries = choice.boundary ? [parseBoundary(choice.boundary)] : boundariesOf(list, choice.process);
  if (boundaries.length === 0) throw new Error(`No boundary of ${choice.process} is listed.`);
  const random = seeded(choice.seed);
  const groups = plan(boundaries, list, PATHS, random, choice.runs);
  const stack = await startStack(log, ownDataOf(list));
  try {
    log(`The product is up. ${boundaries.length} boundaries are to be hit.`);
    const walker = createWalker(stack);
    const swept = await sweep({ stack, walker, groups, random, victims: choice.victims, log });
    const evidence = await gather(stack, walker, swept, list);
    const found = report(choice.seed, swept, evidence, judge(evidence), (Date.now() - begun) / 1000);
    console.log(`\n${toMarkdown(found)}\n`);
    if (choice.json) writeFileSync(choice.json, `${JSON.stringify({ ...found, evidence }, null, 2)}\n`);
    if (found.violations.length === 0) return 0;
    console.error(toComplaints(found));
    return 1;
  } finally {
    await stack.stop();
  }
}

// The exit handlers end what was started and remove its folder.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130));

let choice: Choice;
try {
  choice = readArguments(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
  process.exit(2);
}
process.exit(await main(choice));
