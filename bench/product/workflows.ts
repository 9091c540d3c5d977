/** What the worker bundles: the product's workflows and the processes of the bench. */
export * from '../../workflows/index.ts';
export { brief } from './brief.ts';
export { sixSteps as six_steps } from './six-steps.ts';
export { waits } from './waits.ts';
