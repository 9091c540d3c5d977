import type { Effect, Kind } from '../boundary.ts';
import type { Lane } from './lane.ts';
import type { Resolver } from './resolver.ts';

/** A task that a worker has been given and has not answered for. */
interface Task {
  kind: 'activity' | 'workflow';
  chat: number | undefined;
  process: string;
  step: string;
  /** Names the place, over the attempts of an activity. */
  place: string;
  workflowId: string;
  /** The last effect that it had. */
  last?: Effect;
}

export const OWN_DATA = '(own data)';
export const INTAKE = 'intake';

/**
 * Puts what the three wires show together: which customer, which process and step an effect belongs to, and when
 * what came of it is told. Where several steps of a customer are open, the one is meant that has had this kind of
 * effect alone before. `ownData` names what is known to be written by local activities.
 */
export function createTracker(resolver: Resolver, ownData: Iterable<string> = []) {
  const lanes = new Map<number, Lane>();
  const tasks = new Map<string, Task>();
  /** By workflow id: what its next workflow task decides upon. */
  const untaken = new Map<string, { lane: Lane; effect: Effect }>();
  /** Effect → steps that had it while nothing else was open. */
  const usual = new Map<string, Set<string>>();
  const own = new Set(ownData);

  function ownerOf(chat: number, effect: string, kinds: readonly Task['kind'][]): Task | undefined {
    const open = [...tasks.values()].filter((task) => task.chat === chat && kinds.includes(task.kind));
    const name = (task: Task) => `${task.process}/${task.step}`;
    const known = usual.get(effect) ?? new Set();
    if (open.length === 1 && open[0]) usual.set(effect, known.add(name(open[0])));
    return open.findLast((task) => known.has(name(task))) ?? open.at(-1);
  }

  /** Attempts that the engine has given up on; what they did is what the next one tells of. */
  function dropEarlier(place: string): Effect | undefined {
    let last: Effect | undefined;
    for (const [token, task] of tasks) {
      if (task.place !== place) continue;
      last = task.last;
      tasks.delete(token);
    }
    return last;
  }

  return {
    /** What may be held. While a victim is on its way back, only what can be held for long. */
    holding: 'all' as 'all' | 'patient',
    lanes,
    add(lane: Lane): void {
      lanes.set(lane.chatId, lane);
    },

    /** A task was given out; `token` comes back with its answer. */
    async given(
      token: string,
      task: Omit<Task, 'chat' | 'place' | 'last'> & { activityId?: string },
    ): Promise<void> {
      const { activityId, ...rest } = task;
      const place = `${task.kind} ${task.workflowId} ${activityId ?? ''}`;
      const chat = await resolver.chatOfWorkflow(task.workflowId);
      const last = dropEarlier(place);
      tasks.set(token, { ...rest, chat, place, ...(last ? { last } : {}) });
    },

    /** A task is about to be answered: holds where the lane wants it held. */
    async answering(token: string, gone: AbortSignal): Promise<void> {
      const task = tasks.get(token);
      const lane = task?.chat === undefined ? undefined : lanes.get(task.chat);
      if (!task || !lane) return;
      const due = task.kind === 'workflow' ? untaken.get(task.workflowId) : undefined;
      if (due) await due.lane.reach(due.effect, 'told', task.place, gone);
      if (task.last) await lane.reach(task.last, 'untold', task.place, gone);
      await lane.stay(task.place, gone);
    },

    /** The engine has taken the answer. */
    answered(token: string): void {
      const task = tasks.get(token);
      tasks.delete(token);
      if (!task || task.chat === undefined) return;
      if (task.kind === 'workflow') untaken.delete(task.workflowId);
      const lane = lanes.get(task.chat);
      if (task.last && lane) untaken.set(task.workflowId, { lane, effect: task.last });
    },

    /** The worker that had these tasks is gone. */
    forgetTasks(): void {
      tasks.clear();
    },

    /** A step of this customer begins an effect; undefined where nobody is known to. */
    begin(chat: number, effect: string) {
      const lane = lanes.get(chat);
      const task = ownerOf(chat, effect, ['activity']);
      if (!lane || !task) return undefined;
      const counted = lane.count(task.process, task.step, effect);
      task.last = counted;
      return held(lane, counted);
    },

    /** A local activity of this customer writes; undefined where it may as well be an activity that does. */
    beginOwn(chat: number, effect: string) {
      const lane = lanes.get(chat);
      const open = [...tasks.values()].filter((task) => task.chat === chat);
      const activities = open.filter(({ kind }) => kind === 'activity').length;
      if (activities === 0 && open.length > 0) own.add(effect);
      const task = own.has(effect) ? ownerOf(chat, effect, ['workflow']) : undefined;
      if (!lane || !task) return undefined;
      const counted = lane.count(task.process, OWN_DATA, effect);
      task.last = counted;
      return held(lane, counted);
    },

    /** An activity of a run that nobody's chat has begun writes what names nobody. */
    beginAlone(effect: string) {
      const alone = [...tasks.values()].filter(
        ({ kind, chat, workflowId }) => kind === 'activity' && chat !== undefined && isAlone(workflowId),
      );
      const [task, ...others] = alone;
      const lane = lanes.get(task?.chat ?? 0);
      if (!task || !lane || others.length > 0) return undefined;
      const counted = lane.count(task.process, task.step, effect);
      task.last = counted;
      return held(lane, counted);
    },

    /** The API begins an effect for this customer: no task has asked for it. */
    beginIntake(chat: number, effect: string, workflowId: string) {
      const lane = lanes.get(chat);
      if (!lane) return undefined;
      const counted = lane.count('conversation', INTAKE, effect);
      return {
        ...held(lane, counted),
        /** Its workflow knows, and has not decided. */
        told: () => void untaken.set(workflowId, { lane, effect: counted }),
      };
    },
  };
}

/** Begun by the API, not by a conversation. */
const isAlone = (workflowId: string): boolean => workflowId.split('/')[1] === 'api';

/** An effect under way, which can be held. */
function held(lane: Lane, effect: Effect) {
  const at = (kind: Kind) => (gone: AbortSignal) =>
    lane.reach(effect, kind, `${effect.effect} ${effect.ordinal} ${kind}`, gone);
  return { lane, effect, asked: at('asked'), done: at('done'), untold: at('untold') };
}

export type Tracker = ReturnType<typeof createTracker>;
