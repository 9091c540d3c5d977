import { ActivityFailure } from '@temporalio/workflow';
import { z } from 'zod';
import type { LeadToErase } from '../activities/forget/activities.ts';
import { inAllLocales, say } from '../domain/texts/catalogue.ts';
import { failureClass } from './kit/failures.ts';
import { CRM, ERASING, OWN_DATA } from './kit/policies.ts';
import { defineProcess } from './kit/process.ts';
import type { Run } from './kit/run.ts';

/** How long ends and deletions are waited for, one look after the other. */
const LOOKS = 12;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;
/** From this look on, runs that did not end by themselves are ended where they stand. */
const FORCED_FROM = 8;
/** How often a CRM that is away is asked, with growing pauses: two to three days. */
const CRM_ATTEMPTS = 400;

/**
 * Two runs make one erasure: the first is the customer's wish and its confirmation, the second does it. So
 * the second can delete the first's history too, and its own holds nothing that the customer has said.
 */
export const forget = defineProcess(
  {
    name: 'forget',
    title: inAllLocales('forget.title'),
    purpose: 'Erases the personal data of a customer, once they have confirmed that they want it.',
    input: z.object({
      /** Given, the customer has confirmed, or the person on call has decided. */
      customerId: z.uuid().optional(),
      /** Who wanted it, for the event. */
      actor: z.string().max(100).default('customer'),
    }),
    triggers: [{ on: 'command', command: 'forget' }],
    examples: [
      {
        title: 'A customer is forgotten',
        customer: [{ says: '/forget' }, { presses: say('ru', 'forget.yes') }, { hears: 'удалены' }],
        ends: 'succeeded',
      },
    ],
  },
  async (run, { customerId, actor }) => {
    if (customerId !== undefined) return erase(run, customerId, actor);
    const wished = run.start.customerId;
    if (wished === undefined) throw new Error('A run outside a chat must say whom to forget.');
    const answer = await run.ask({
      ask: say(run.locale, 'forget.ask'),
      choices: [
        { label: say(run.locale, 'forget.yes'), value: true },
        { label: say(run.locale, 'forget.no'), value: false },
      ],
      beside: true,
      details: 'whether to erase everything',
    });
    if (answer.kind === 'answered' && answer.value) {
      await run.begin('forget', `${run.workflowId}/erase`, { customerId: wished });
      return { confirmed: true };
    }
    if (answer.kind !== 'unreachable')
      await run.say(say(run.locale, 'forget.kept'), 'Say that nothing is erased');
    return { confirmed: false };
  },
);

async function erase(run: Run, customerId: string, actor: string) {
  const { tenantId, correlationId } = run.start;
  const whom = { tenantId, customerId, self: run.workflowId, correlationId };
  try {
    await endRuns(run, whom);
    const histories = await deleteHistories(run, whom);
    // Last, because a history that still exists could be projected again.
    const { inCrm, leadsKept, ...counts } = await run
      .act(ERASING, 'Erase the data')
      .eraseData({ ...whom, actor });
    if (run.speaks) {
      const done = leadsKept ? 'forget.done_leads_kept' : 'forget.done';
      await run.say(say(run.locale, done), 'Say that it is done');
    }
    for (const lead of inCrm) await tellCrm(run, lead);
    return { ...counts, histories };
  } catch (error) {
    if (!(error instanceof ActivityFailure) || failureClass(error) === undefined) throw error;
    run.lose('a complete erasure', 'a person was asked to finish it');
    const { number } = await run.own(OWN_DATA, 'Record it for a person').recordRequest({
      ...run.context,
      key: `${run.workflowId}/unfinished`,
      kind: 'error',
      messageIds: [],
    });
    if (run.speaks)
      await run.say(say(run.locale, 'forget.failed', { number }), 'Say that it is not complete');
    return { unfinished: number };
  }
}

type Whom = { tenantId: string; customerId: string; self: string; correlationId: string };

/** Open runs end by themselves, clean up, and are seen to have ended; those that do not are ended. */
async function endRuns(run: Run, whom: Whom): Promise<void> {
  for (let look = 1; look <= LOOKS; look++) {
    if ((await askToEnd(run, whom, look)) === 0) return;
    await pause(run, look, 'that what is under way ends');
  }
  run.lose('the end of everything under way', 'it goes on, and its history stays');
}

const askToEnd = (run: Run, whom: Whom, look: number): Promise<number> =>
  run
    .act(ERASING, 'End what is under way')
    .endRuns({ ...whom, how: look < FORCED_FROM ? 'cancel' : 'terminate' });

async function deleteHistories(run: Run, whom: Whom): Promise<number> {
  const ending = await run.act(ERASING, 'Let the conversation begin anew').renewConversations(whom);
  let deleted = 0;
  for (let look = 1; look <= LOOKS; look++) {
    const seen = await run.act(ERASING, 'Delete histories').deleteHistories({ ...whom, ending });
    deleted += seen.deleted;
    if (seen.refused) {
      run.lose('the deletion of histories', 'they go when the engine’s retention ends');
      return deleted;
    }
    if (seen.left === 0) return deleted;
    // A run that had only just begun when the others were ended is seen now.
    await askToEnd(run, whom, look);
    await pause(run, look, 'that everything has ended');
  }
  run.lose('the deletion of every history', 'the rest goes when the engine’s retention ends');
  return deleted;
}

const pause = (run: Run, look: number, what: string) =>
  run.waitFor('timer', what, Math.min(FIRST_PAUSE_MS * 2 ** (look - 1), LONGEST_PAUSE_MS));

/** Bitrix24 has no way to erase for us: managers are asked on the lead's own page, or in our list of requests. */
async function tellCrm(run: Run, lead: LeadToErase): Promise<void> {
  const { tenantId, correlationId } = run.start;
  for (let attempt = 1; lead.entity === 'lead' && attempt <= CRM_ATTEMPTS; attempt++) {
    try {
      await run
        .act(CRM, 'Ask managers to erase the lead')
        .askCrmToErase({ tenantId, lead, locale: run.locale, correlationId });
      return;
    } catch (error) {
      const kind = failureClass(error);
      if (kind === undefined) throw error;
      if (kind === 'refused' || kind === 'misconfigured') break;
      const away = Math.min(
        run.timing.outagePauseMs * 2 ** Math.min(attempt - 1, 10),
        run.timing.outagePauseMaxMs,
      );
      await run.waitFor('provider', `the CRM (${kind})`, away);
    }
  }
  run.lose('the note in the CRM', 'a person was asked to erase the lead there');
  await run.own(OWN_DATA, 'Record it for a person').recordRequest({
    tenantId,
    correlationId,
    key: `${run.workflowId}/crm/${lead.leadId}`,
    kind: 'task',
    messageIds: [],
    details: { erase: `${lead.entity} ${lead.externalId}` },
  });
}
