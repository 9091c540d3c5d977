import { setTimeout as sleep } from 'node:timers/promises';
import { boundaryId } from './boundary.ts';
import { createKiller, type Kill } from './kill.ts';
import type { Aim, PlannedGroup } from './plan.ts';
import type { Random } from './random.ts';
import type { Stack } from './stack/stack.ts';
import type { Victim } from './stack/victims.ts';
import { untilAtRest } from './walk/rest.ts';
import type { Walk, Walker } from './walk/walk.ts';

/** Customers on their way to their boundaries at the same time. */
const ABREAST = 24;
/** How long something is held at most: longer than that, heartbeats and deadlines move it on. */
const HELD_MS = 2_500;
/** After the end of its script a customer's runs may still come by boundaries, for so long. */
const LATE_MS = 15_000;
const LOOK_MS = 40;
const REST_MS = 120_000;
/** How often a boundary is tried that was not come by. */
const TRIES = 4;

export interface Hit {
  aim: Aim;
  walk: Walk;
  kill: Kill;
}

export interface Swept {
  hits: Hit[];
  kills: Kill[];
  /** Boundaries that no walk came by, however often. */
  unreached: string[];
  /** Customers who are not at rest although there was time. */
  restless: Map<Walk, string>;
}

export interface SweepOptions {
  stack: Stack;
  walker: Walker;
  groups: readonly PlannedGroup[];
  random: Random;
  victims: readonly Victim[];
  log: (line: string) => void;
}

/**
 * Parks customers at their boundaries, kills, restarts, lets go, and sends the next ones on their ways meanwhile.
 * One kill serves all who are parked; nobody is parked twice.
 */
export async function sweep(options: SweepOptions): Promise<Swept> {
  const { stack, walker, random, victims, log } = options;
  const swept: Swept = { hits: [], kills: [], unreached: [], restless: new Map() };
  const killer = createKiller(stack, log);
  for (const [index, { timing, aims }] of options.groups.entries()) {
    await stack.retime(timing);
    const walks: Walk[] = [];
    const queue = [...aims];
    const armed = new Map<Walk, Aim>();
    while (queue.length > 0 || armed.size > 0) {
      while (armed.size < ABREAST) {
        const aim = queue.shift();
        if (!aim) break;
        const walk = walker.begin(aim.path, aim.boundary);
        walks.push(walk);
        armed.set(walk, aim);
      }
      await untilWorthAKill(armed, (walk, aim) => {
        armed.delete(walk);
        if (aim.missed + 1 < TRIES) queue.push({ ...aim, missed: aim.missed + 1 });
        else swept.unreached.push(boundaryId(aim.boundary));
      });
      const parked = [...armed].filter(([{ lane }]) => lane.state === 'parked');
      if (parked.length === 0) continue;
      const kill = await killer.kill(
        random.pick(victims),
        parked.map(([walk]) => walk.lane),
      );
      swept.kills.push(kill);
      for (const [walk, aim] of parked) {
        swept.hits.push({ aim, walk, kill });
        armed.delete(walk);
      }
    }
    const restless = await untilAtRest(walks, walker, stack, REST_MS);
    for (const [walk, why] of restless) swept.restless.set(walk, why);
    log(
      `Group ${index + 1} of ${options.groups.length} is at rest: ${swept.hits.length} hits, ${swept.kills.length} kills, ${restless.size} restless.`,
    );
  }
  return swept;
}

/** Until all are parked, or the first has been for as long as it can be; tells who has gone past in vain. */
async function untilWorthAKill(
  armed: ReadonlyMap<Walk, Aim>,
  onMissed: (walk: Walk, aim: Aim) => void,
): Promise<void> {
  for (;;) {
    const now = Date.now();
    for (const [walk, aim] of [...armed]) {
      if (walk.lane.state === 'running' && walk.endedAt !== undefined && now - walk.endedAt > LATE_MS) {
        onMissed(walk, aim);
      }
    }
    const parks = [...armed.keys()].flatMap(({ lane }) => (lane.state === 'parked' && lane.park) || []);
    if (parks.length === armed.size) return;
    if (parks.some(({ since }) => now - since > HELD_MS)) return;
    await sleep(LOOK_MS);
  }
}
