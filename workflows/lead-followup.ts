import { z } from 'zod';
import type { Look } from '../activities/followup/contract.ts';
import { inAllLocales } from '../domain/texts/catalogue.ts';
import { failureClass } from './kit/failures.ts';
import { outlast } from './kit/outages.ts';
import { CRM, CRM_WRITE, OWN_DATA, THINKING } from './kit/policies.ts';
import { defineProcess } from './kit/process.ts';
import type { Run } from './kit/run.ts';

const Input = z.object({ leadId: z.uuid() });

export const leadFollowup = defineProcess(
  {
    name: 'lead_followup',
    title: inAllLocales('lead_followup.title'),
    purpose: 'Counts the messages and calls of a lead and scores the client, at once and again days later.',
    input: Input,
    triggers: [{ on: 'end', of: 'crm_push', input: ({ output }) => Input.parse(output) }],
    examples: [
      {
        title: 'A lead that reached the CRM is scored',
        customer: [{ says: 'Хочу заказать стеллаж, меня зовут Олег, +7 701 777 88 99' }, { hears: '№' }],
        ends: 'succeeded',
      },
    ],
  },
  async (run, { leadId }) => {
    const first = await lookAt(run, leadId, 1);
    if (!first.inCrm || run.timing.secondLookMs === 0) return first;
    await run.waitFor('timer', 'the second look at the lead', run.timing.secondLookMs);
    return lookAt(run, leadId, 2);
  },
);

/** Counts, scores, keeps, and tells the managers. */
async function lookAt(run: Run, leadId: string, place: Look['look']) {
  const { tenantId, correlationId } = run.start;
  const look: Look = { tenantId, leadId, correlationId, look: place };
  const { inCrm, ...messages } = await run.own(OWN_DATA, 'Count the messages').beginLook(look);
  const calls = inCrm ? await callsOf(run, look) : undefined;
  const counted = { ...look, ...messages, calls };
  const { score } = await run.fallback('a model to score the client', [
    { get: () => run.act(THINKING, 'Score the client').scoreLead(counted) },
    {
      instead: 'rules scored the client',
      get: () => run.own(OWN_DATA, 'Score by rules').scoreLeadByRules(counted),
    },
  ]);
  if (inCrm) await tellManagers(run, look);
  return { leadId, look: place, score, inCrm, ...messages, calls };
}

/** The calls as the CRM knows them; undefined when it will not tell. */
async function callsOf(run: Run, look: Look) {
  try {
    const { partly, ...calls } = await outlast(run, 'the CRM', () =>
      run.act(CRM, 'Count the calls').countLeadCalls(look),
    );
    if (partly) run.lose("the telephony's statistics", "calls were counted from the lead's timeline");
    return calls;
  } catch (error) {
    if (failureClass(error) !== 'refused') throw error;
    run.lose('the calls of the lead', 'the client was scored without them');
    return undefined;
  }
}

/** Each look is one comment, however often it has to be tried. */
async function tellManagers(run: Run, look: Look): Promise<void> {
  try {
    await outlast(run, 'the CRM', () => run.act(CRM_WRITE, 'Comment the lead').commentLook(look));
  } catch (error) {
    if (failureClass(error) !== 'refused') throw error;
    run.lose("the comment in the lead's timeline", 'the score stands with the lead');
  }
}
