import { spawn } from 'node:child_process';
import { createWriteStream, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const READY_MS = 180_000;
/** What could reach a real account, or change what is checked. */
const OWN =
  /^(TELEGRAM_|BITRIX_|OLLAMA_|OPENAI_|GLM_|OPENROUTER_|GROQ_|ANTHROPIC_|VLLM_|DATABASE_URL$|TEMPORAL_(?!CLI_PATH)|CONFIG_FILE$|PUBLIC_URL$)/;

/** The whole product in a process tree of its own, against the sandbox, on free ports. */
export async function startProduct({ env, folder, token }) {
  const port = await freePort();
  const log = join(folder, 'out.log');
  const out = createWriteStream(log);
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'workers/embedded/main.ts', '--serve-only', `--launcher=${process.pid}`],
    {
      cwd: ROOT,
      env: {
        ...Object.fromEntries(Object.entries(env).filter(([name]) => !OWN.test(name))),
        DATA_DIR: join(folder, 'data'),
        PORT: String(port),
        API_TOKEN: token,
        API_RATE_PER_KEY: '0',
        API_RATE_PER_TENANT: '0',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  child.stdout.pipe(out);
  child.stderr.pipe(out);
  const ended = new Promise((resolve) => child.once('close', resolve));
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  const until = Date.now() + READY_MS;
  while (!(await isReady(url))) {
    if (child.exitCode !== null || Date.now() > until) {
      await stop();
      throw new Error(`The product did not become ready on port ${port}.`);
    }
    await setTimeout(250);
  }
  const lines = () =>
    readFileSync(log, 'utf8')
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  return {
    url,
    stop,
    /** What it logged about requests: method, route and status. */
    requests: () => lines().filter(({ route, status }) => route !== undefined && status !== undefined),
    /** What it logged as an error, the last of it. */
    errors: () =>
      lines()
        .filter(({ level }) => level === 'error' || level === 50)
        .slice(-20)
        .map((line) => JSON.stringify(line))
        .join('\n'),
  };
}

async function isReady(url) {
  try {
    return (await fetch(`${url}/ready`)).ok;
  } catch {
    return false;
  }
}

const freePort = () =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
