import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { advisoriesOf, faultsOfExceptions, judge } from './audit.mjs';

const EXCEPTIONS = fileURLToPath(new URL('../../.ci/audit-exceptions.json', import.meta.url));
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PATIENCE_MS = 60_000;
const NOBODY_ASKED = 3;

/** Asks the registry about what is locked, development tools included, and holds the answer to the exceptions. */
export async function runAudit() {
  const known = JSON.parse(readFileSync(EXCEPTIONS, 'utf8'));
  const stale = faultsOfExceptions(known, new Date().toISOString().slice(0, 10));
  for (const fault of stale) console.error(`FAIL .ci/audit-exceptions.json: ${fault}`);
  if (stale.length > 0) return 1;

  const { report, said } = await audit();
  const advisories = advisoriesOf(report);
  if (advisories === undefined) {
    console.error(`WARNING: THE DEPENDENCIES WERE NOT AUDITED. The registry gave no answer: ${said}`);
    return NOBODY_ASKED;
  }
  const faults = judge(advisories, known);
  for (const fault of faults) console.error(`FAIL ${fault}`);
  if (faults.length === 0) console.log(`ok   dependencies, ${known.exceptions.length} exceptions`);
  return faults.length === 0 ? 0 : 1;
}

/** npm ends with 1 both when it found something and when it could not ask: its answer tells. */
function audit() {
  return new Promise((resolve) => {
    const options = { cwd: ROOT, timeout: PATIENCE_MS, maxBuffer: 64 * 1024 * 1024 };
    execFile('npm', ['audit', '--json'], options, (error, stdout) => {
      try {
        const report = JSON.parse(stdout);
        resolve({ report, said: report.message ?? 'no report' });
      } catch {
        resolve({ report: undefined, said: error?.killed ? 'it took too long' : 'it is no report' });
      }
    });
  });
}
