/** What the sweep kills. */
export const VICTIMS = ['worker', 'api', 'projector', 'postgres', 'temporal'] as const;
export type Victim = (typeof VICTIMS)[number];
