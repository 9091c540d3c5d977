import { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../../db/client.ts';
import { findLead } from '../../db/queries/leads.ts';
import { toActivityFailure } from '../failures.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { Crm, CrmLead, CrmLink, CrmPhoneMatch } from './contract.ts';

export interface CrmDependencies {
  db: Database;
  /** The CRM of a tenant; throws `ProviderError` misconfigured when there is none. */
  crm(tenantId: string): Crm;
}

export interface LeadReference {
  tenantId: string;
  leadId: string;
  correlationId: string;
}

/** Longer than the client's own deadline, shorter than the activities' start-to-close. */
const DEADLINE_MS = 70_000;

/** Steps of `crm_push`. They carry references; what the customer told is read from the store. */
export function createCrmActivities({ db, crm }: CrmDependencies) {
  async function inCrm<T>(
    { tenantId, leadId }: LeadReference,
    step: (crm: Crm, lead: CrmLead, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await withHeartbeat(DEADLINE_MS, async (signal) => {
        const lead = await findLead(db, tenantId, leadId);
        if (!lead) throw ApplicationFailure.nonRetryable(`There is no lead ${leadId}.`, 'Crm.NotFound');
        return step(crm(tenantId), toCrmLead(lead), signal);
      });
    } catch (error) {
      throw toActivityFailure(error);
    }
  }

  return {
    findCrmLead: (which: LeadReference): Promise<CrmLink | undefined> =>
      inCrm(which, (target, lead, signal) => target.findByOrigin(lead.originId, signal)),

    findCrmPhone: (which: LeadReference): Promise<CrmPhoneMatch> =>
      inCrm(which, async (target, lead, signal) =>
        lead.phone === undefined ? {} : target.findByPhone(lead.phone, signal),
      ),

    createCrmLead: (which: LeadReference & { contactId?: string }): Promise<CrmLink> =>
      inCrm(which, (target, lead, signal) =>
        target.createLead(lead, which.contactId === undefined ? {} : { contactId: which.contactId }, signal),
      ),

    commentCrmLead: (which: LeadReference & { crmLeadId: string }): Promise<void> =>
      inCrm(which, (target, lead, signal) =>
        target.commentLead(
          which.crmLeadId,
          [lead.title, lead.need, lead.comments].filter(Boolean).join('\n'),
          signal,
        ),
      ),
  };
}

export type CrmActivities = ReturnType<typeof createCrmActivities>;

type StoredLead = NonNullable<Awaited<ReturnType<typeof findLead>>>;

function toCrmLead(lead: StoredLead): CrmLead {
  return {
    originId: lead.id,
    title: `№ ${lead.number}${lead.name ? `, ${lead.name}` : ''}`,
    ...(lead.name ? { name: lead.name } : {}),
    ...(lead.phone ? { phone: lead.phone } : {}),
    ...(lead.email ? { email: lead.email } : {}),
    ...(lead.need ? { need: lead.need } : {}),
    ...(lead.status === 'partial'
      ? { comments: 'The customer stopped answering; this is what was told.' }
      : {}),
    language: lead.locale ?? 'ru',
  };
}
