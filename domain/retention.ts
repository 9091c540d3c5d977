/**
 * What grows old, in the order in which it goes: first what belongs to runs, then runs with their steps.
 * `updates`: what platforms delivered is emptied; its keys stay, since they are what a repetition is known by.
 */
export const AGEING = [
  'llmCalls',
  'drafts',
  'callbacks',
  'deliveries',
  'sends',
  'updates',
  'alarms',
  'events',
  'runs',
] as const;
export type Ageing = (typeof AGEING)[number];

/** Age in days at which something goes. Messages, customers, leads and requests stay for ever. */
export const RETENTION_DAYS = {
  runs: 90,
  llmCalls: 30,
  events: 90,
  sends: 90,
  drafts: 30,
  updates: 90,
  callbacks: 90,
  deliveries: 90,
  alarms: 90,
  budgets: 90,
} as const satisfies Record<Ageing | 'budgets', number>;

/** Rows by kind. */
export type RetentionCounts = Partial<Record<Ageing | 'budgets', number>>;
