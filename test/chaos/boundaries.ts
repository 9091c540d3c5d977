import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Boundary, parseBoundary } from './boundary.ts';
import { OWN_DATA } from './wire/tracker.ts';

const FILE = fileURLToPath(new URL('./boundaries.json', import.meta.url));
const GONE = fileURLToPath(new URL('./boundaries-gone.json', import.meta.url));

/** What a path brings about when nothing dies. */
export interface Profile {
  /** How its runs end, by process: `{ answer: ['succeeded'] }`. */
  runs: Record<string, string[]>;
  /** Messages to the customer. */
  says: number;
  leads: number;
}

/** Every boundary with the paths that come by it, and every path with what it brings about. */
export interface BoundaryList {
  boundaries: Record<string, string[]>;
  paths: Record<string, Profile>;
}

export function readBoundaries(): BoundaryList {
  if (!existsSync(FILE)) return { boundaries: {}, paths: {} };
  return JSON.parse(readFileSync(FILE, 'utf8'));
}

/** Why a boundary is no longer there, by its name. */
export const readGone = (): Record<string, string> => JSON.parse(readFileSync(GONE, 'utf8'));

/** One line each, sorted: a difference shows what came and went. */
export function writeBoundaries({ boundaries, paths }: BoundaryList): void {
  const lines = (table: Record<string, unknown>) =>
    Object.keys(table)
      .sort()
      .map((key) => `    ${JSON.stringify(key)}: ${JSON.stringify(table[key])}`)
      .join(',\n');
  writeFileSync(
    FILE,
    `{\n  "boundaries": {\n${lines(boundaries)}\n  },\n  "paths": {\n${lines(paths)}\n  }\n}\n`,
  );
}

/** Boundaries of a process, or of all; in the order of their names. */
export function boundariesOf(list: BoundaryList, process?: string): Boundary[] {
  return Object.keys(list.boundaries)
    .sort()
    .map(parseBoundary)
    .filter((boundary) => process === undefined || boundary.process === process);
}

/** Names of what local activities write. */
export const ownDataOf = (list: BoundaryList): string[] =>
  boundariesOf(list).flatMap(({ step, effect }) => (step === OWN_DATA ? [effect] : []));

/** The list with what was walked anew in place of what was known of these paths; of `names`, no others. */
export function merged(before: BoundaryList, anew: BoundaryList, names: readonly string[]): BoundaryList {
  const kept = names.filter((name) => !(name in anew.paths) && name in before.paths);
  const boundaries: BoundaryList['boundaries'] = {};
  for (const id of new Set([...Object.keys(before.boundaries), ...Object.keys(anew.boundaries)])) {
    const old = (before.boundaries[id] ?? []).filter((name) => kept.includes(name));
    const ways = [...old, ...(anew.boundaries[id] ?? [])];
    if (ways.length > 0) boundaries[id] = ways;
  }
  const paths = Object.fromEntries(
    kept.flatMap((name) => (before.paths[name] ? [[name, before.paths[name]]] : [])),
  );
  return { boundaries, paths: { ...paths, ...anew.paths } };
}

/** What a quiet run did not come by any more, although nobody has noted why. */
export function missing(before: BoundaryList, after: BoundaryList, gone: Record<string, string>): string[] {
  return Object.keys(before.boundaries).filter(
    (id) => !(id in after.boundaries) && (gone[id] ?? '').trim().length === 0,
  );
}
