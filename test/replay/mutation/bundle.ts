import { fileURLToPath } from 'node:url';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { bundleWorkflows } from '../../../workers/worker.ts';

const PLACES = fileURLToPath(new URL('../places.ts', import.meta.url));
const LOADER = fileURLToPath(new URL('loader.cjs', import.meta.url));

/** The workflows that ship, with other text in the place of some files, by absolute path. */
export const bundleWith = (files: ReadonlyMap<string, string>): Promise<WorkflowBundleOption> =>
  bundleWorkflows(undefined, [PLACES], (config) => ({
    ...config,
    module: {
      ...config.module,
      rules: [
        ...(config.module?.rules ?? []),
        { test: /\.ts$/, enforce: 'pre', use: { loader: LOADER, options: { files } } },
      ],
    },
  }));
