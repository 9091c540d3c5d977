import { randomUUID } from 'node:crypto';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { inject } from 'vitest';
import { createLogger } from '../../config/logger.ts';
import { createDatabase } from '../setup/database.ts';
import { installTestRuntime } from './runtime.ts';
import { type Product, type ProductChoices, startStack } from './stack.ts';

export { type Product, WEBHOOK_SECRET } from './stack.ts';

export interface ProductOptions extends ProductChoices {
  /** Names the database; one product per test file. */
  name: string;
  /** Of a database that is there already, instead of a new one. */
  databaseUrl?: string;
  /** Instead of the bundle that all products of the run share. */
  bundle?: WorkflowBundleOption;
  /** Takes what the product logs, from `debug` on. */
  onLog?: (line: string) => void;
}

const logLevel = process.env.TEST_LOG ?? 'error';
const log = createLogger({ level: logLevel });

/** The whole product against the sandbox, on the run's Temporal server and a database of its own. */
export async function startProduct({ name, bundle, onLog, ...choices }: ProductOptions): Promise<Product> {
  installTestRuntime();
  return startStack({
    ...choices,
    temporalAddress: inject('temporalAddress'),
    databaseUrl: choices.databaseUrl ?? (await createDatabase(name)),
    taskQueue: `test-${name}-${randomUUID().slice(0, 8)}`,
    bundle: bundle ?? { codePath: inject('workflowBundle') },
    log: onLog ? createLogger({ level: 'debug', destination: { write: onLog } }) : log,
    logLevel,
  });
}
