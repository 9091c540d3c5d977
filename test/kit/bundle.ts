import { createRequire } from 'node:module';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { sharedBundle } from '../support/shared-bundle.ts';

const require = createRequire(import.meta.url);

/** The workflows that ship, in a sandbox whose clock can be moved. */
export const movingClockBundle = (): Promise<WorkflowBundleOption> =>
  sharedBundle(require.resolve('../../workflows/index.ts'), [require.resolve('./moving-clock.ts')]);
