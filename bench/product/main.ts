import { createRequire } from 'node:module';
import { createLogger } from '../../config/logger.ts';
import { loadSettings } from '../../config/settings.ts';
import { ROLES, type Role, startApp } from '../../workers/app.ts';
import { stepBehind } from '../../workers/priority.ts';
import { installRuntime } from '../../workers/sdk-runtime.ts';
import { bundleWorkflows } from '../../workers/worker.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { sixSteps } from './six-steps.ts';
import { waits } from './waits.ts';

/** The product with all its roles or those named, and the measured processes among its own. */
const roles = (process.env.BENCH_ROLES?.split(',') ?? ROLES) as readonly Role[];
const settings = loadSettings({ env: process.env, yaml: process.env.BENCH_CONFIG ?? '' });
const log = createLogger({ level: settings.logLevel });
stepBehind(roles);
installRuntime(log);
const bundle = await bundleWorkflows(createRequire(import.meta.url).resolve('./workflows.ts'));
const app = await startApp({
  settings,
  build: { version: 'bench', commit: 'bench', builtAt: null },
  log,
  roles,
  bundle,
  processes: [...PROCESSES, sixSteps.definition, waits.definition],
});
process.once('SIGTERM', () => void app.stop().then(() => process.exit(0)));
console.log(JSON.stringify({ ready: { url: app.url } }));
