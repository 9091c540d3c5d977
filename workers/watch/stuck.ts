import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import { ownerOfRun, suspects } from '../../db/queries/absence.ts';
import { findConversation } from '../../db/queries/conversations.ts';
import type { Trouble } from '../../domain/alarm.ts';
import { conversationIdOf } from '../../domain/ids.ts';
import { createLimit } from '../projector/limit.ts';
import type { Projector } from '../projector/projector.ts';
import type { Alarms, Incident } from './alarms.ts';
import type { StuckExecution, StuckFinder } from './stuck-find.ts';

export interface StuckOptions {
  db: Database;
  finder: StuckFinder;
  alarms: Alarms;
  log: Logger;
  /** Writes a run's row now, so that the cause stands on it. */
  project: Projector['project'];
  /** Says in a conversation that there is a fault, once per incident. */
  tell(about: {
    conversationId: string;
    incident: Incident;
    workflowId: string;
    failingSince: Date | undefined;
  }): Promise<void>;
  now?: () => number;
}

/** An execution that does not go on, and whom that concerns. */
interface Victim extends StuckExecution {
  tenantId: string;
  process: string;
  conversationId: string | null;
}

const LOOK_BACK_MS = 30 * 60_000;
/** Younger messages are being worked on. */
const SETTLE_MS = 5_000;
const MAX_SUSPECTS = 100;
const CONCURRENCY = 8;
/** Ids of victims kept with the alarm, so that another process looks at the same ones. */
const REMEMBERED = 20;

/**
 * Finds executions whose code fails: a change that a running history does not fit, or a mistake. One alarm per
 * process however many of its runs are hit; each customer hears once per incident. It is over when all go on.
 */
export function createStuckWatch(options: StuckOptions) {
  const { db, finder, alarms, log, now = Date.now } = options;

  async function candidates(): Promise<string[]> {
    const remembered = (await alarms.open())
      .filter(({ kind }) => kind === 'run_stuck')
      .flatMap(({ words }) => String(words.runs ?? '').split(' '));
    const suspected = await suspects(db, now() - LOOK_BACK_MS, now() - SETTLE_MS, MAX_SUSPECTS);
    const ids = [...remembered, ...(await finder.reported()), ...suspected.map((one) => one.workflowId)];
    return [...new Set(ids.filter((id) => id !== ''))];
  }

  /** Whose it is; undefined for what is no part of this product, or cannot be told yet. */
  async function whose(stuck: StuckExecution): Promise<Victim | undefined> {
    const conversationId = conversationIdOf(stuck.workflowId);
    if (conversationId !== undefined) {
      const row = await findConversation(db, conversationId);
      return row && { ...stuck, tenantId: row.tenantId, process: 'conversation', conversationId };
    }
    await options.project(stuck.workflowId, stuck.runId);
    const run = await ownerOfRun(db, stuck.runId);
    return run && { ...stuck, ...run };
  }

  async function tellOnce(victim: Victim, incident: Incident): Promise<void> {
    if (victim.conversationId === null) return;
    const { conversationId, workflowId, failingSince } = victim;
    try {
      await options.tell({ conversationId, incident, workflowId, failingSince });
    } catch (error) {
      log.warn({ workflowId, err: error }, 'A customer could not be told of a fault; it is tried again.');
    }
  }

  return {
    async run(signal: AbortSignal): Promise<void> {
      const limited = createLimit(CONCURRENCY);
      const ids = await candidates();
      const examined = await Promise.all(ids.map((id) => limited(() => finder.examine(id))));
      const found = examined.filter((one) => one !== undefined);
      const victims = (await Promise.all(found.map((one) => limited(() => whose(one))))).filter(
        (one) => one !== undefined,
      );
      const groups = new Map<string, Victim[]>();
      for (const victim of victims) {
        const key = `${victim.tenantId} ${victim.process}`;
        groups.set(key, [...(groups.get(key) ?? []), victim]);
      }
      const hit = [...groups.values()];
      if (signal.aborted) return;
      const raised = await alarms.settle(['run_stuck'], hit.flatMap(troubleOf));
      for (const [i, incident] of raised.entries()) {
        for (const victim of hit[i] ?? []) {
          if (signal.aborted) return;
          await tellOnce(victim, incident);
        }
      }
    },
  };
}

function troubleOf(group: readonly Victim[]): Trouble[] {
  const [first] = group;
  if (!first) return [];
  const { tenantId, process, cause } = first;
  const runs = group
    .slice(0, REMEMBERED)
    .map(({ workflowId }) => workflowId)
    .join(' ');
  return [
    {
      tenantId,
      kind: 'run_stuck',
      subject: process,
      severity: 'critical',
      words: { process, count: group.length, cause, runs },
    },
  ];
}
