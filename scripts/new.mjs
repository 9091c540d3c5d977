// `npm run new -- process NAME`: a process that runs, with its test, to be changed into the one that is wanted.
import { fileURLToPath } from 'node:url';
import { ExpectedError } from './lib/expected.mjs';
import { newProcess } from './lib/new-process.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const USAGE = 'Use: npm run new -- process NAME   (for example: npm run new -- process price-alert)';

try {
  const [what, name, ...more] = process.argv.slice(2);
  if (what !== 'process' || name === undefined || more.length > 0) throw new ExpectedError(USAGE);
  const written = newProcess(ROOT, name);
  console.log(`Written: ${written.process}, which asks a question and records a request,
         ${written.test}, which plays it against the whole product,
         and a line in workflows/index.ts and workflows/registry.ts.

Next:
  npx vitest run --project integration ${written.test}
  npm run histories      records it for the replay test, which npm test expects
  npm start              serves it: write /${written.name} to the bot
Then change it into what you need; docs/add-a-process.md explains the parts.`);
} catch (error) {
  console.error(error instanceof ExpectedError ? error.message : error);
  process.exitCode = 1;
}
