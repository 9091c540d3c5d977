import { setTimeout as sleep } from 'node:timers/promises';
import { type Boundary, boundaryId, isPatient } from './boundary.ts';
import { createKiller, type Kill } from './kill.ts';
import type { Aim, PlannedGroup } from './plan.ts';
import type { Random } from './random.ts';
import type { Stack } from './stack/stack.ts';
import type { Victim } from './stack/victims.ts';
import { untilDoubtsAreSettled } from './walk/doubts.ts';
import { untilAtRest } from './walk/rest.ts';
import type { Walk, Walker } from './walk/walk.ts';

/** Customers on their way to their boundaries at the same time. */
const ABREAST = 32;
/** Of those who cannot be held for long: few enough to arrive together. */
const IMPATIENT = 12;
/** How long something is held at most: longer than that, heartbeats and deadlines move it on. */
const HELD_MS = 3_000;
const PATIENT_MS = 20_000;
/** How long those who can be held for long are waited for, and how many of them are enough. */
const GATHER_MS = 8_000;
const MOST = 0.8;
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
  const { stack, walker, log } = options;
  const swept: Swept = { hits: [], kills: [], unreached: [], restless: new Map() };
  for (const [index, group] of options.groups.entries()) {
    await stack.retime(group.timing);
    await sweepGroup(group, swept, options);
    const counts = `${swept.hits.length} hits, ${swept.kills.length} kills`;
    log(`Group ${index + 1} of ${options.groups.length}: ${counts}.`);
  }
  const { walks } = walker;
  await untilAtRest(walks, walker, stack, REST_MS);
  await untilDoubtsAreSettled(stack, walker);
  swept.restless = await untilAtRest(walks, walker, stack, REST_MS);
  log(`At rest, but for ${swept.restless.size} customers.`);
  return swept;
}

async function sweepGroup(
  { aims }: PlannedGroup,
  swept: Swept,
  { stack, walker, random, victims, log }: SweepOptions,
): Promise<void> {
  const killer = createKiller(stack, log);
  const queue = [...aims];
  const armed = new Map<Walk, Aim>();
  const setOut = (patient: boolean) => {
    const fits = (boundary: Boundary) => isPatient(boundary) === patient;
    const most = patient ? ABREAST : IMPATIENT;
    for (const aim of queue.filter(({ boundary }) => fits(boundary))) {
      if ([...armed.values()].filter(({ boundary }) => fits(boundary)).length >= most) return;
      queue.splice(queue.indexOf(aim), 1);
      armed.set(walker.begin(aim.path, aim.boundary), aim);
    }
  };
  const onMissed = (walk: Walk, aim: Aim) => {
    armed.delete(walk);
    // Coming by while nothing could be held is nobody's fault.
    const missed = aim.missed + (walk.lane.state === 'passed' ? 0 : 1);
    const id = boundaryId(aim.boundary);
    if (missed > aim.missed) log(`${id} was not come by: ${walk.error ?? walk.path.name}`);
    if (missed < TRIES) queue.push({ ...aim, missed });
    else swept.unreached.push(id);
  };

  while (queue.length > 0 || armed.size > 0) {
    // Those who can be held for long go first; the others, when most of these are there.
    setOut(true);
    await untilMostAreParked(armed, onMissed);
    setOut(false);
    await untilWorthAKill(armed, onMissed);
    const parked = [...armed].filter(([{ lane }]) => lane.state === 'parked');
    if (parked.length === 0) continue;
    const lanes = parked.map(([walk]) => walk.lane);
    const { kill, back } = await killer.kill(random.pick(victims), lanes);
    swept.kills.push(kill);
    for (const [walk, aim] of parked) {
      swept.hits.push({ aim, walk, kill });
      armed.delete(walk);
    }
    setOut(true);
    await back;
  }
}

type Armed = ReadonlyMap<Walk, Aim>;
type OnMissed = (walk: Walk, aim: Aim) => void;

const parksOf = (armed: Armed) =>
  [...armed].flatMap(([{ lane }, { boundary }]) =>
    lane.state === 'parked' && lane.park ? [{ heldMs: Date.now() - lane.park.since, boundary }] : [],
  );

/** Tells of those who have gone past in vain. */
function dropMissed(armed: Armed, onMissed: OnMissed): void {
  for (const [walk, aim] of [...armed]) {
    const late = walk.endedAt !== undefined && Date.now() - walk.endedAt > LATE_MS;
    if (walk.lane.state === 'passed' || (walk.lane.state === 'running' && late)) onMissed(walk, aim);
  }
}

async function untilMostAreParked(armed: Armed, onMissed: OnMissed): Promise<void> {
  const until = Date.now() + GATHER_MS;
  while (Date.now() < until) {
    dropMissed(armed, onMissed);
    if (parksOf(armed).length >= armed.size * MOST) return;
    await sleep(LOOK_MS);
  }
}

/** Until all are parked, or one has been for as long as it can be. */
async function untilWorthAKill(armed: Armed, onMissed: OnMissed): Promise<void> {
  for (;;) {
    dropMissed(armed, onMissed);
    const parks = parksOf(armed);
    if (parks.length === armed.size) return;
    const isDue = (one: (typeof parks)[number]) =>
      one.heldMs > (isPatient(one.boundary) ? PATIENT_MS : HELD_MS);
    if (parks.some(isDue)) return;
    await sleep(LOOK_MS);
  }
}
