import { createHash, randomUUID } from 'node:crypto';
import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { inject } from 'vitest';
import { bundleWorkflows } from '../../workers/worker.ts';

/**
 * A bundle of these workflows, with further modules in their sandbox: made by the first test that needs it,
 * beside the one that all tests share, and taken from there by the others of the run.
 */
export async function sharedBundle(
  workflows: string,
  modules: readonly string[] = [],
): Promise<WorkflowBundleOption> {
  const name = createHash('sha256')
    .update([workflows, ...modules].join('\n'))
    .digest('hex')
    .slice(0, 16);
  const codePath = join(dirname(inject('workflowBundle')), `bundle-${name}.js`);
  if (existsSync(codePath)) return { codePath };
  const { code } = await bundleWorkflows(workflows, [...modules]);
  // Another test may be making it, too; whoever is last replaces it by the same, as a whole.
  const draft = `${codePath}.${randomUUID()}`;
  writeFileSync(draft, code);
  renameSync(draft, codePath);
  return { codePath };
}
