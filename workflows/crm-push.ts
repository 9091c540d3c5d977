import { z } from 'zod';
import type { CrmLink } from '../activities/crm/contract.ts';
import { inAllLocales } from '../domain/texts/catalogue.ts';
import { failureClass } from './kit/failures.ts';
import { outlast } from './kit/outages.ts';
import { CRM, CRM_WRITE, OWN_DATA } from './kit/policies.ts';
import { defineProcess } from './kit/process.ts';
import type { Run } from './kit/run.ts';

export const crmPush = defineProcess(
  {
    name: 'crm_push',
    title: inAllLocales('crm_push.title'),
    purpose: 'Brings a stored lead into Bitrix24, exactly once, however long the CRM is away.',
    input: z.object({ leadId: z.uuid() }),
    triggers: [],
    examples: [
      {
        title: 'A complete lead reaches the CRM',
        customer: [{ says: 'Хочу купить шкаф, меня зовут Пётр, телефон +7 701 222 33 44' }, { hears: '№' }],
        ends: 'succeeded',
      },
    ],
  },
  async (run, { leadId }) => {
    const { tenantId, correlationId } = run.start;
    try {
      const link = await outlast(run, 'the CRM', async () => {
        const made = await push(run, leadId);
        await run.own(OWN_DATA, 'Store the link').saveCrmLink({ tenantId, leadId, link: made });
        return made;
      });
      return { leadId, ...link };
    } catch (error) {
      if (failureClass(error) === 'refused') {
        // It would be refused for ever: a person gets the lead, and the failed run shows what was refused.
        await run.own(OWN_DATA, 'Record it for a person').recordRequest({
          tenantId,
          correlationId,
          key: `${run.workflowId}/refused`,
          kind: 'error',
          messageIds: [],
          details: { lead: leadId },
        });
      }
      throw error;
    }
  },
);

/** One attempt. Whatever it meets, what exists is found before anything is created. */
async function push(run: Run, leadId: string): Promise<CrmLink> {
  const { tenantId, correlationId } = run.start;
  const which = { tenantId, leadId, correlationId };
  const known = await run.act(CRM, 'Look it up by its origin').findCrmLead(which);
  if (known) return known;
  const match = await run.act(CRM, 'Look for the phone').findCrmPhone(which);
  if (match.openLeadId === undefined) {
    return run
      .act(CRM_WRITE, match.contactId ? 'Create the lead for the contact' : 'Create the lead')
      .createCrmLead({ ...which, ...(match.contactId === undefined ? {} : { contactId: match.contactId }) });
  }
  await run.act(CRM_WRITE, 'Comment the open lead').commentCrmLead({ ...which, crmLeadId: match.openLeadId });
  return {
    entity: 'lead',
    id: match.openLeadId,
    how: 'linked_open_lead',
    ...(match.openLeadUrl === undefined ? {} : { url: match.openLeadUrl }),
  };
}
