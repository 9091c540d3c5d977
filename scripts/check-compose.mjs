// `npm run check:compose`: docker-compose.yml by the reference parser of the Compose Specification, the one that is
// inside of Docker Compose. Needs Go and no Docker.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './lib/run.mjs';
import { findGo } from './temporal/build.mjs';

const PARSER = fileURLToPath(new URL('compose', import.meta.url));
const FILE = fileURLToPath(new URL('../docker-compose.yml', import.meta.url));
/** Without these nothing may start. */
const REQUIRED = {
  DOMAIN: 'bot.example.kz',
  DATABASE_PASSWORD: 'a',
  DATABASE_APP_PASSWORD: 'c',
  TEMPORAL_DATABASE_PASSWORD: 'b',
  ENCRYPTION_KEYS: 'off',
};

async function check() {
  const go = await findGo(process.env);
  if (go === undefined)
    return ['Go is missing (1.24 or newer): the parser of Compose files is built with it.'];
  const folder = mkdtempSync(join(tmpdir(), 'dirigent-compose-'));
  try {
    const parser = join(folder, 'compose');
    const env = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOWORK: 'off' };
    const built = [];
    if (
      (await run(go, ['build', '-o', parser, '.'], { cwd: PARSER, env, onLine: (l) => built.push(l) })) !== 0
    )
      return built;
    const parse = async (variables) => {
      const lines = [];
      const code = await run(parser, [FILE], { cwd: folder, env: variables, onLine: (l) => lines.push(l) });
      return code === 0 ? [] : lines;
    };
    const faults = await parse(REQUIRED);
    for (const name of Object.keys(REQUIRED)) {
      const { [name]: _, ...rest } = REQUIRED;
      const refusal = await parse(rest);
      if (!refusal.some((line) => line.includes(name))) faults.push(`It is accepted without ${name}.`);
    }
    return faults;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const faults = await check();
for (const fault of faults) console.error(fault);
console.log(faults.length === 0 ? 'ok   docker-compose.yml' : 'FAIL docker-compose.yml');
process.exitCode = faults.length === 0 ? 0 : 1;
