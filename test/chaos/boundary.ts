/**
 * Where an effect can be cut off. `asked`: the intent is recorded, the request not out. `done`: the effect is
 * there, its answer not seen. `untold`: recorded in PostgreSQL, Temporal not told (of an update that came in: the
 * platform not told). `told`: Temporal knows, the next workflow task is not done.
 */
export const KINDS = ['asked', 'done', 'untold', 'told'] as const;
export type Kind = (typeof KINDS)[number];

/** An effect of a step, as the wire shows it. The n-th of its name in one customer's walk has the ordinal n. */
export interface Effect {
  /** Workflow type. */
  process: string;
  /** Activity type; `intake` for what the API does with an update; `(own data)` for a local activity. */
  step: string;
  /** What is called, or which tables are written. */
  effect: string;
  ordinal: number;
}

export interface Boundary extends Effect {
  kind: Kind;
}

/**
 * Whether something can be held there for long: tasks are given out again and come back to the same place, and
 * models may think. Deadlines of messages, statements and single attempts are shorter.
 */
export const isPatient = ({ effect, kind }: Boundary): boolean =>
  kind === 'told' ||
  (kind === 'untold' && !effect.startsWith('bitrix24') && !effect.startsWith('platform')) ||
  /^(ollama|openai|anthropic) /.test(effect);

/** How boundaries are named in lists, reports and on the command line. */
export const boundaryId = ({ process, step, effect, ordinal, kind }: Boundary): string =>
  `${process}/${step}/${effect}/${ordinal}/${kind}`;

/** @throws when the text names no boundary. */
export function parseBoundary(id: string): Boundary {
  const match = /^([^/]+)\/([^/]+)\/(.+)\/(\d+)\/([a-z]+)$/.exec(id);
  const [, process, step, effect, ordinal, kind] = match ?? [];
  const known = KINDS.find((one) => one === kind);
  if (!process || !step || !effect || !known) throw new Error(`${id} names no boundary.`);
  return { process, step, effect, ordinal: Number(ordinal), kind: known };
}
