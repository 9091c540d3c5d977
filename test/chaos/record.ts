import type { BoundaryList, Profile } from './boundaries.ts';
import type { Stack } from './stack/stack.ts';
import { untilAtRest } from './walk/rest.ts';
import { timingGroups } from './walk/timing.ts';
import { PATHS, type RecordedPath, type Walk, type Walker } from './walk/walk.ts';

const ABREAST = 4;
const REST_MS = 60_000;

/**
 * Walks every path while nothing dies, and notes every boundary that is come by. A path whose script does not come
 * to its end is an error: what it brings about is not known.
 */
export async function record(
  stack: Stack,
  walker: Walker,
  log: (line: string) => void,
  paths: readonly RecordedPath[] = PATHS,
): Promise<BoundaryList> {
  const list: BoundaryList = { boundaries: {}, paths: {} };
  const failures: string[] = [];
  for (const group of timingGroups(paths)) {
    await stack.retime(group.timing);
    const walks: Walk[] = [];
    const queue = [...group.paths];
    const lane = async () => {
      for (let path = queue.shift(); path; path = queue.shift()) {
        const walk = walker.begin(path);
        walks.push(walk);
        await walk.done;
        if (!walk.ended) failures.push(`${path.name} does not come to its end: ${walk.error}`);
      }
    };
    await Promise.all(Array.from({ length: ABREAST }, lane));
    const restless = await untilAtRest(walks, walker, stack, REST_MS);
    for (const [walk, why] of restless) log(`${walk.path.name} is not at rest: ${why}`);
    const shown = await walker.ledger();
    const leads = await stack.sql<{ chat: string; leads: number }[]>`
      select c.chat_id as chat, count(*)::int as leads from leads l
      join conversations c on c.id = l.conversation_id group by c.chat_id`;
    for (const walk of walks) {
      const { chatId, passed } = walk.lane;
      for (const id of passed) list.boundaries[id] = [...(list.boundaries[id] ?? []), walk.path.name];
      list.paths[walk.path.name] = {
        runs: endsOf(shown.runs.get(chatId) ?? []),
        says: (shown.sends.get(chatId) ?? []).length,
        leads: leads.find(({ chat }) => Number(chat) === chatId)?.leads ?? 0,
      };
    }
    for (const failure of failures) log(failure);
    log(
      `${Object.keys(list.paths).length} of ${paths.length} paths, ${Object.keys(list.boundaries).length} boundaries`,
    );
  }
  list.boundaries = withoutEffect(list.boundaries);
  if (failures.length > 0) throw new Error(failures.join('\n'));
  return list;
}

/**
 * What a script's broken service is asked for is never done: its first asking is a boundary, and its repeats, as many
 * as there happen to be, are none.
 */
function withoutEffect(boundaries: BoundaryList['boundaries']): BoundaryList['boundaries'] {
  const namesOf = (kind: string) =>
    Object.keys(boundaries).flatMap((id) =>
      id.endsWith(`/${kind}`) ? id.replace(/\/\d+\/[a-z]+$/, '') : [],
    );
  const asked = new Set(namesOf('asked'));
  const done = new Set(namesOf('done'));
  return Object.fromEntries(
    Object.entries(boundaries).filter(([id]) => {
      const name = id.replace(/\/\d+\/[a-z]+$/, '');
      return done.has(name) || !asked.has(name) || id.endsWith('/1/asked');
    }),
  );
}

/** Only an ended run counts as ended here; one that waits for the customer says so. */
function endsOf(runs: readonly { processId: string; status: string }[]): Profile['runs'] {
  const ends: Profile['runs'] = {};
  for (const { processId, status } of runs) ends[processId] = [...(ends[processId] ?? []), status];
  return ends;
}
