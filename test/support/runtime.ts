import { createLogger } from '../../config/logger.ts';
import { installRuntime } from '../../workers/sdk-runtime.ts';

/** Test files share processes, and copies of this module are not one module: the process is what they share. */
const run = globalThis as typeof globalThis & { dirigentRuntime?: true };

/** Has the SDK log what `TEST_LOG` asks for, and otherwise only what ends a process. Once per process. */
export function installTestRuntime(): void {
  if (run.dirigentRuntime) return;
  installRuntime(createLogger({ level: process.env.TEST_LOG ?? 'fatal' }));
  run.dirigentRuntime = true;
}
