import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { loadSettingsFromDisk } from '../../config/load.ts';
import { createLogger } from '../../config/logger.ts';
import { buildInfo } from '../../config/version.ts';
import type { Environment } from '../../config/yaml.ts';
import { ROLES, startApp } from '../app.ts';
import { installRuntime } from '../sdk-runtime.ts';

export interface ProductOptions {
  /** As `productEnvironment` makes it. */
  env: Environment;
  /** Log lines go there rather than between the lines of a chat. */
  logFile?: string | undefined;
  onLost: (reason: Error) => void;
}

export interface RunningProduct {
  /** Where the API listens. */
  url: string;
  /** Drains and closes; gives up after 20 s, since everything it leaves is durable. */
  stop(): Promise<void>;
}

const STOP_MS = 20_000;

/** API, worker and projector in this process, configured by the environment and config.yaml. */
export async function startProduct({ env, logFile, onLost }: ProductOptions): Promise<RunningProduct> {
  const settings = loadSettingsFromDisk(env);
  const build = buildInfo({ allowDev: true, env });
  if (logFile !== undefined) mkdirSync(dirname(logFile), { recursive: true });
  const destination = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a' });
  const log = createLogger({
    level: settings.logLevel,
    bindings: { role: ROLES.join(','), version: build.version },
    ...(destination === undefined ? {} : { destination }),
  });
  installRuntime(log);
  const app = await startApp({ settings, build, log, roles: ROLES });
  let stopping = false;
  app.ended.catch((error: unknown) => {
    if (!stopping) onLost(new Error('A part of the product failed.', { cause: error }));
  });
  return {
    url: app.url ?? '',
    async stop() {
      stopping = true;
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, STOP_MS);
      });
      await Promise.race([app.stop(), late]);
      clearTimeout(timer);
      destination?.end();
    },
  };
}
