import type { RecordedPath } from '../../replay/paths.ts';
import type { Timing } from '../stack/settings.ts';
import { groupBy } from './group.ts';

export interface TimingGroup {
  timing: Timing;
  paths: RecordedPath[];
}

/** Paths that may share a product, by what they want of its timing. What wants nothing goes with the examples. */
export function timingGroups(paths: readonly RecordedPath[]): TimingGroup[] {
  const common = JSON.stringify(paths.find(({ name }) => name.startsWith('example'))?.timing ?? {});
  const groups = groupBy(paths, ({ timing }) => (timing ? JSON.stringify(timing) : common));
  return [...groups].map(([timing, members]) => ({ timing: JSON.parse(timing), paths: members }));
}
