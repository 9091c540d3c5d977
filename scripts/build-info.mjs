// Writes build-info.json beside package.json: run it where git is, before the image is packed.
// DIRIGENT_COMMIT replaces git where the build has no checkout, DIRIGENT_BUILD_TIME (ISO 8601) the clock.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const commit =
  process.env.DIRIGENT_COMMIT ||
  execFileSync('git', ['-C', root, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
const target = process.argv[2] ?? `${root}/build-info.json`;
const builtAt = (
  process.env.DIRIGENT_BUILD_TIME ? new Date(process.env.DIRIGENT_BUILD_TIME) : new Date()
).toISOString();
writeFileSync(target, `${JSON.stringify({ commit, builtAt }, null, 2)}\n`);
console.log(`${target}: ${commit}`);
