import { bundleWorkflows } from './worker.ts';

// What builds the bundle ends with it.
const { code } = await bundleWorkflows();
process.stdout.write(code, () => process.exit(0));
