import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { SettingsError } from '../../config/fault.ts';
import { createSandboxClient } from '../../sandbox/client.ts';
import { openChat } from './chat/open.ts';
import { embeddedCodec, productEnvironment, usesRealBot, withoutAccounts } from './environment.ts';
import { type Leaving, watchForLeave } from './leave.ts';
import { FolderInUse } from './lock.ts';
import { offerOllama } from './ollama.ts';
import { playOnce } from './once/open.ts';
import { freePort } from './ports.ts';
import { startProduct } from './product.ts';
import { startReloadingProduct } from './reloading.ts';
import { noteRunning } from './running.ts';
import { startSandboxProcess } from './sandbox.ts';
import { startInfrastructure } from './stack.ts';

/** What `npm start` runs once everything is installed: servers, stand-ins, product, then a chat or a script. */
async function main(): Promise<number> {
  const { values: flags } = parseArgs({
    options: {
      once: { type: 'boolean', default: false },
      fresh: { type: 'boolean', default: false },
      watch: { type: 'boolean', default: false },
      'serve-only': { type: 'boolean', default: false },
      launcher: { type: 'string' },
    },
  });
  const env = flags.once ? withoutAccounts(process.env) : process.env;
  const temporalBinary = process.env.TEMPORAL_CLI_PATH;
  if (!temporalBinary) throw new Error('TEMPORAL_CLI_PATH is not set: start with "npm start".');
  const leaving = watchForLeave(flags.launcher === undefined ? undefined : Number(flags.launcher));
  const terminal = process.stdin.isTTY && process.stdout.isTTY;
  const chats = !flags.once && !flags['serve-only'] && terminal && !usesRealBot(env);
  const say = (line: string) => console.log(line);
  // A script that ran before must not colour the next one: it has a folder of its own, and begins anew.
  const dataDir = resolve(env.DATA_DIR || '.data', flags.once ? 'once' : '.');

  const stops: (() => Promise<void>)[] = [];
  const onLost = leaving.fail;
  try {
    const port = env.PORT ? Number(env.PORT) : await freePort(8080);
    say('Starting PostgreSQL and Temporal…');
    const stack = await startInfrastructure({
      dataDir,
      temporalBinary,
      log: say,
      fresh: flags.fresh || flags.once,
      databaseUrl: flags.once ? undefined : env.DATABASE_URL || undefined,
      uiCodecEndpoint: () => embeddedCodec(dataDir, port),
      onLost,
    });
    stops.unshift(stack.stop);
    const { registry } = stack;
    const sandbox = await startSandboxProcess({ dataDir: join(dataDir, 'sandbox'), registry, onLost });
    stops.unshift(sandbox.stop);
    if (leaving.signal.aborted) return await ended(leaving);

    const ollama =
      flags.once || env.OLLAMA_URL
        ? undefined
        : await offerOllama({ asks: chats, say, signal: leaving.signal });
    const ownEnv = productEnvironment(
      { ...env, ...(ollama && { OLLAMA_URL: ollama }) },
      { ...stack, dataDir, sandbox: sandbox.urls, port },
    );
    const note = noteRunning(dataDir, process.env, ownEnv);
    stops.push(async () => note.forget());
    const logFile = chats || flags.once ? join(dataDir, 'logs', 'dirigent.log') : undefined;
    say('Starting the product…');
    const product = flags.watch
      ? await startReloadingProduct({
          env: ownEnv,
          log: say,
          onLine: chats ? () => undefined : say,
          registry,
        })
      : await startProduct({ env: ownEnv, logFile, onLost });
    stops.unshift(product.stop);

    say(
      `\n  Temporal UI  ${stack.temporalUiUrl}\n  API docs     ${product.url}/docs   (token: ${ownEnv.API_TOKEN})`,
    );
    // Who has no chat here plays customers there.
    if (!chats && !usesRealBot(env)) say(`  Sandbox      ${sandbox.urls.control}`);
    if (logFile !== undefined) say(`  Log          ${logFile}`);
    say('');
    const parts = { stack, sandbox: createSandboxClient(sandbox.urls.control), signal: leaving.signal };
    if (flags.once) return (await playOnce({ ...parts, say, colours: process.stdout.isTTY })) ? 0 : 1;
    if (chats) {
      await openChat(parts);
      leaving.leave();
    } else {
      say(usesRealBot(env) ? 'Serving; write to your bot.' : 'Serving. Ctrl-C or SIGTERM ends it.');
      await untilAborted(leaving.signal);
    }
    return await ended(leaving);
  } finally {
    if (stops.length > 0) say('Stopping…');
    for (const stop of stops) await stop().catch((error: unknown) => console.error(error));
  }
}

async function ended({ signal }: Leaving): Promise<number> {
  if (!(signal.reason instanceof Error) || signal.reason.name === 'AbortError') return 0;
  console.error(signal.reason);
  return 1;
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((done) => signal.addEventListener('abort', () => done(), { once: true }));
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const plain = error instanceof FolderInUse || error instanceof SettingsError;
    console.error(plain ? error.message : error);
    process.exit(1);
  },
);
