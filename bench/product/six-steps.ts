import { z } from 'zod';
import { CRM_WRITE, OWN_DATA, THINKING } from '../../workflows/kit/policies.ts';
import { defineProcess } from '../../workflows/kit/process.ts';

const TITLE = { ru: 'Шесть шагов', kk: 'Алты қадам', en: 'Six steps' };

/** A lead in six steps: three statements, a model, the CRM, a reply. `bench/bare` does the same without the product. */
export const sixSteps = defineProcess(
  {
    name: 'six_steps',
    title: TITLE,
    purpose: 'What the bench measures.',
    input: z.object({}),
    triggers: [
      { on: 'intent', means: 'is a message of the bench', words: { ru: ['бенчмарк'], kk: [], en: [] } },
    ],
    examples: [
      { title: 'A message', customer: [{ says: 'бенчмарк' }, { hears: 'бенчмарк' }], ends: 'succeeded' },
    ],
  },
  async (run) => {
    const { tenantId, customerId = '', correlationId } = run.start;
    await run.own(OWN_DATA, 'Read what was asked before').describeRequests({
      tenantId,
      customerId,
      locale: run.locale,
      titles: {},
    });
    const { leadId } = await run.own(OWN_DATA, 'Store the lead').saveLead({
      ...run.context,
      key: run.workflowId,
      name: 'Анна',
      need: 'замер',
      status: 'complete',
    });
    const draft = await run.act(THINKING, 'Think').answer({
      ...run.context,
      conversationId: run.conversationId,
      messageIds: run.turn.messageIds,
    });
    const link = await run.act(CRM_WRITE, 'Create the lead').createCrmLead({
      tenantId,
      leadId,
      correlationId,
    });
    await run.own(OWN_DATA, 'Store the link').saveCrmLink({ tenantId, leadId, link });
    await run.say(draft);
    return { leadId };
  },
);
