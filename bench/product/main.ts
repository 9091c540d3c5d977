import { createLogger } from '../../config/logger.ts';
import { loadSettings } from '../../config/settings.ts';
import { ROLES, type Role, startApp } from '../../workers/app.ts';
import { stepBehind } from '../../workers/priority.ts';
import { installRuntime } from '../../workers/sdk-runtime.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { brief } from './brief.ts';
import { sixSteps } from './six-steps.ts';
import { waits } from './waits.ts';

/** The product with all its roles or those named, and the measured processes among its own. */
const roles = (process.env.BENCH_ROLES?.split(',') ?? ROLES) as readonly Role[];
const settings = loadSettings({ env: process.env, yaml: process.env.BENCH_CONFIG ?? '' });
const log = createLogger({ level: settings.logLevel });
stepBehind(roles);
installRuntime(log);
const app = await startApp({
  settings,
  build: { version: 'bench', commit: 'bench', builtAt: null },
  log,
  roles,
  bundle: { codePath: process.env.BENCH_BUNDLE ?? '' },
  processes: [...PROCESSES, brief.definition, sixSteps.definition, waits.definition],
});
process.once('SIGTERM', () => void app.stop().then(() => process.exit(0)));
console.log(JSON.stringify({ ready: { url: app.url } }));
