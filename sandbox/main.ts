import { type SandboxOptions, startSandbox } from './index.ts';

/*
 * The sandbox as a process of its own. Environment, all optional:
 * SANDBOX_HOST, SANDBOX_DATA_DIR, SANDBOX_TELEGRAM_PORT, SANDBOX_OLLAMA_PORT, SANDBOX_OPENAI_PORT,
 * SANDBOX_ANTHROPIC_PORT, SANDBOX_BITRIX24_PORT, SANDBOX_CONTROL_PORT, SANDBOX_OLLAMA_LOAD_MS,
 * SANDBOX_WEBHOOK_RETRY_SCALE.
 * Prints one line of JSON, {"urls":…}, when everything listens; SIGTERM and SIGINT end it cleanly.
 */
const { env } = process;
const number = (name: string) => {
  const value = env[name];
  if (value === undefined || value === '') return undefined;
  const parsed = Number(value);
  if (!Number.isFinite(parsed)) throw new Error(`${name} is no number: ${value}`);
  return parsed;
};

const names = ['telegram', 'ollama', 'openai', 'anthropic', 'bitrix24', 'control'] as const;
const ports = Object.fromEntries(
  names.map((name) => [name, number(`SANDBOX_${name.toUpperCase()}_PORT`) ?? 0]),
);
const loadMs = number('SANDBOX_OLLAMA_LOAD_MS');
const webhookRetryScale = number('SANDBOX_WEBHOOK_RETRY_SCALE');
const options: SandboxOptions = {
  ports,
  ...(env.SANDBOX_HOST && { host: env.SANDBOX_HOST }),
  ...(env.SANDBOX_DATA_DIR && { dataDir: env.SANDBOX_DATA_DIR }),
  ...(loadMs !== undefined && { ollama: { loadMs } }),
  ...(webhookRetryScale !== undefined && { telegram: { webhookRetryScale } }),
};

const sandbox = await startSandbox(options);
let stopping = false;
const stop = () => {
  if (stopping) return;
  stopping = true;
  void sandbox.close().then(() => process.exit(0));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
console.log(JSON.stringify({ urls: sandbox.urls }));
