import { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../../db/client.ts';
import { recordEvent } from '../../db/queries/events.ts';
import {
  type ErasedCounts,
  erasePerson,
  eraseUpdates,
  executionsOf,
  findPerson,
  leadsInCrm,
  openRunsAmong,
  type Person,
} from '../../db/queries/forget.ts';
import type { Locale } from '../../domain/locale.ts';
import { say } from '../../domain/texts/catalogue.ts';
import type { Crm } from '../crm/contract.ts';
import { toActivityFailure } from '../failures.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { Histories, HistoriesDeleted } from './contract.ts';

export interface ForgetDependencies {
  db: Database;
  histories: Histories;
  /** Whether leads of this tenant stay where people work on them. */
  keepsLeads(tenantId: string): boolean;
  crm(tenantId: string): Crm;
}

/** Whom an erasure is about, and the run that does it. */
export interface Whom {
  tenantId: string;
  customerId: string;
  /** Its own workflow id: it neither ends nor deletes itself. */
  self: string;
  correlationId: string;
}

/** A lead in the CRM that somebody has to erase there. */
export interface LeadToErase {
  leadId: string;
  number: number;
  entity: string;
  externalId: string;
}

const DEADLINE_MS = 280_000;
const CRM_DEADLINE_MS = 70_000;
/** Requests to the engine at the same time. */
const ABREAST = 8;
/** Its run carries a reference and nothing else; with kept leads it still has to reach the CRM. */
const PUSH = 'crm_push';
const FORGET = 'forget';

/** Steps of `forget`. Each may be repeated; results hold ids and numbers only. */
export function createForgetActivities({ db, histories, keepsLeads, crm }: ForgetDependencies) {
  /** Without what the tenant keeps: leads, and the runs that carry them to the CRM. */
  async function find({ tenantId, customerId, self }: Whom): Promise<Person> {
    const person = await findPerson(db, tenantId, customerId);
    if (!person)
      throw ApplicationFailure.nonRetryable(`There is no customer ${customerId}.`, 'Forget.NotFound');
    const kept = (id: string) => id === self || (keepsLeads(tenantId) && id.startsWith(`${PUSH}/`));
    return { ...person, workflowIds: person.workflowIds.filter((id) => !kept(id)) };
  }

  return {
    /** Asks every open run of the person to end; returns how many the projection still shows as open. */
    endRuns: ({ how, ...whom }: Whom & { how: 'cancel' | 'terminate' }): Promise<number> =>
      withHeartbeat(DEADLINE_MS, async () => {
        const open = (await openRunsAmong(db, await find(whom))).filter((run) => run.process_id !== FORGET);
        await inPortions(open, (run) => histories.end(run.workflow_id, how));
        return open.length;
      }),

    /** Lets the person's conversations begin anew; returns the executions that are to end by that. */
    renewConversations: (whom: Whom): Promise<string[]> =>
      withHeartbeat(DEADLINE_MS, async () => {
        const { conversationIds } = await find(whom);
        const ending = await inPortions(conversationIds, (id) => histories.renew(id));
        return ending.filter((id) => id !== undefined);
      }),

    /** Deletes what has ended; `ending` must still do so. What was begun at `begunBefore` (ms) or later is let be. */
    deleteHistories: ({
      ending,
      begunBefore = Number.POSITIVE_INFINITY,
      ...whom
    }: Whom & { ending: string[]; begunBefore?: number }): Promise<HistoriesDeleted> =>
      withHeartbeat(DEADLINE_MS, async () => {
        const person = await find(whom);
        const projected = (await executionsOf(db, person)).filter((row) => row.queued_at < begunBefore);
        const listed = (await histories.executions(person.workflowIds)).filter(
          ({ startedAt }) => startedAt.getTime() < begunBefore,
        );
        // A row that is still open would take the missing history for a loss.
        const openThere = new Set(projected.filter((row) => row.open).map((row) => row.workflow_id));
        const known = new Map(
          [...projected.map((row) => ({ workflowId: row.workflow_id, runId: row.run_id })), ...listed].map(
            (execution) => [execution.runId, execution],
          ),
        );
        const outcomes = await inPortions([...known.values()], async ({ workflowId, runId }) => {
          // The run that asked for this one is about to end; another wish to be forgotten is its own affair.
          const another = workflowId.startsWith(`${FORGET}/`) && !whom.self.startsWith(`${workflowId}/`);
          if (openThere.has(workflowId)) return another ? 'gone' : 'open';
          const outcome = await histories.remove(workflowId, runId);
          const goesOn = workflowId.startsWith('conversation/') && !ending.includes(runId);
          return outcome === 'open' && goesOn ? 'gone' : outcome;
        });
        const count = (kind: string) => outcomes.filter((outcome) => outcome === kind).length;
        return { deleted: count('deleted'), left: count('open'), refused: count('refused') > 0 };
      }),

    /** Empties the tables. Returns what is left to do in the CRM; nothing when the tenant keeps leads. */
    eraseData: (
      whom: Whom & { actor: string },
    ): Promise<ErasedCounts & { leadsKept: boolean; inCrm: LeadToErase[] }> =>
      withHeartbeat(DEADLINE_MS, async (signal) => {
        const person = await find(whom);
        const leadsKept = keepsLeads(whom.tenantId);
        await eraseUpdates(db, person, signal);
        const counts = await erasePerson(db, person, leadsKept);
        await recordEvent(db, {
          tenantId: whom.tenantId,
          eventType: 'customer.forgotten',
          subject: whom.customerId,
          data: { ...counts, leadsKept },
          correlationId: whom.correlationId,
          actor: whom.actor,
        });
        return { ...counts, leadsKept, inCrm: leadsKept ? [] : await leadsInCrm(db, person) };
      }),

    /** Asks managers, on the lead's page in the CRM, to erase it there. */
    async askCrmToErase(request: {
      tenantId: string;
      lead: LeadToErase;
      locale: Locale;
      correlationId: string;
    }): Promise<void> {
      const { tenantId, lead, locale } = request;
      try {
        await withHeartbeat(CRM_DEADLINE_MS, (signal) =>
          crm(tenantId).commentLead(
            lead.externalId,
            say(locale, 'forget.crm_note', { number: lead.number }),
            signal,
          ),
        );
      } catch (error) {
        throw toActivityFailure(error);
      }
    },
  };
}

export type ForgetActivities = ReturnType<typeof createForgetActivities>;

async function inPortions<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const done: R[] = [];
  for (let at = 0; at < items.length; at += ABREAST) {
    done.push(...(await Promise.all(items.slice(at, at + ABREAST).map(work))));
  }
  return done;
}
