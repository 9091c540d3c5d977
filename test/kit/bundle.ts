import { randomUUID } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { inject } from 'vitest';
import { bundleWorkflows } from '../../workers/worker.ts';

const require = createRequire(import.meta.url);

/** The workflows that ship, in a sandbox whose clock can be moved. Built once for a run of the tests. */
export async function movingClockBundle(): Promise<WorkflowBundleOption> {
  const workflows = require.resolve('../../workflows/index.ts');
  const name = `moving-clock-${Buffer.from(workflows).toString('hex').slice(-24)}.js`;
  const codePath = join(dirname(inject('workflowBundle')), name);
  if (existsSync(codePath)) return { codePath };
  const { code } = await bundleWorkflows(workflows, [require.resolve('./moving-clock.ts')]);
  const unfinished = `${codePath}.${randomUUID()}`;
  writeFileSync(unfinished, code);
  renameSync(unfinished, codePath);
  return { codePath };
}
