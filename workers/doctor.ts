import { parseArgs } from 'node:util';
import { SettingsError } from '../config/fault.ts';
import { loadSettingsFromDisk } from '../config/load.ts';
import { examine } from './doctor/examine.ts';
import { exitCodeOf, type Finding, fail, ok, reasonOf, toText } from './doctor/finding.ts';
import { environmentOfRunning } from './embedded/running.ts';

const USAGE = `Usage: npm run doctor [-- --json]
Looks at the installation that the environment and config.yaml describe, or at a running "npm start" where
DATABASE_URL and TEMPORAL_ADDRESS are not set. Exit code 0: nothing failed; 1: something did; 2: wrong usage.`;

async function findings(): Promise<Finding[]> {
  try {
    const { env, dataDir } = environmentOfRunning(process.env);
    const settings = loadSettingsFromDisk(env);
    const where = dataDir === undefined ? 'of the environment and config.yaml' : `of npm start on ${dataDir}`;
    return [ok('configuration', `${where}, without a fault`), ...(await examine(settings))];
  } catch (error) {
    if (!(error instanceof SettingsError))
      return [fail('doctor', reasonOf(error), 'This is a mistake in the doctor.')];
    return error.faults.map(({ what, where }) => fail('configuration', what, where));
  }
}

async function main(args: string[]): Promise<number> {
  let json: boolean;
  try {
    json = parseArgs({ args, options: { json: { type: 'boolean', default: false } } }).values.json;
  } catch {
    console.error(USAGE);
    return 2;
  }
  const found = await findings();
  const code = exitCodeOf(found);
  console.log(json ? JSON.stringify({ healthy: code === 0, findings: found }, null, 2) : toText(found));
  return code;
}

process.exit(await main(process.argv.slice(2)));
