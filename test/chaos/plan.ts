import type { RecordedPath } from '../replay/paths.ts';
import type { BoundaryList } from './boundaries.ts';
import { type Boundary, boundaryId } from './boundary.ts';
import type { Random } from './random.ts';
import type { Timing } from './stack/settings.ts';
import { timingGroups } from './walk/timing.ts';

/** A boundary to hit, and the path that leads there. */
export interface Aim {
  boundary: Boundary;
  path: RecordedPath;
  /** How often it was tried in vain. */
  missed: number;
}

export interface PlannedGroup {
  timing: Timing;
  aims: Aim[];
}

/** Of so many of the shortest ways one is chosen. */
const SHORTEST = 3;

/**
 * Which boundaries are hit on which paths: each once, and again until there are `runs`. The first time in as few
 * groups as can be, later on any path that comes by.
 */
export function plan(
  boundaries: readonly Boundary[],
  list: BoundaryList,
  paths: readonly RecordedPath[],
  random: Random,
  runs = boundaries.length,
): PlannedGroup[] {
  const groups = timingGroups(paths).map((group) => ({ ...group, aims: [] as Aim[] }));
  const bySize = groups.toSorted((a, b) => b.paths.length - a.paths.length);
  const waysTo = (boundary: Boundary) => new Set(list.boundaries[boundaryId(boundary)] ?? []);

  /** A long script is more often disturbed on its way by a kill that is meant for others. */
  const shortest = (candidates: readonly RecordedPath[]) =>
    candidates
      .toSorted((a, b) => (list.paths[a.name]?.says ?? 0) - (list.paths[b.name]?.says ?? 0))
      .slice(0, SHORTEST);
  const first = (boundary: Boundary): void => {
    const ways = waysTo(boundary);
    const group = bySize.find((one) => one.paths.some(({ name }) => ways.has(name)));
    if (!group) throw new Error(`No path leads to ${boundaryId(boundary)}.`);
    const path = random.pick(shortest(group.paths.filter(({ name }) => ways.has(name))));
    group.aims.push({ boundary, path, missed: 0 });
  };
  const again = (boundary: Boundary): void => {
    const ways = waysTo(boundary);
    const path = random.pick(paths.filter(({ name }) => ways.has(name)));
    groups.find((group) => group.paths.includes(path))?.aims.push({ boundary, path, missed: 0 });
  };
  for (const boundary of boundaries) first(boundary);
  for (let left = runs - boundaries.length; left > 0; ) {
    const round = random.shuffle(boundaries).slice(0, left);
    for (const boundary of round) again(boundary);
    left -= round.length;
  }
  return groups
    .filter(({ aims }) => aims.length > 0)
    .map(({ timing, aims }) => ({ timing, aims: random.shuffle(aims) }));
}
