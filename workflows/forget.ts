import { ActivityFailure } from '@temporalio/workflow';
import { z } from 'zod';
import type { LeadToErase } from '../activities/forget/activities.ts';
import type { FailureClass } from '../domain/failure.ts';
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
/** How often a CRM that is away, or an engine that refuses, is asked, with growing pauses: two to three days. */
const ATTEMPTS = 400;

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
    const { refused, ...seen } = await deleteHistories(run, whom);
    const begunBefore = Date.now();
    // After the histories, because one that still exists could be projected again.
    const { inCrm, leadsKept, ...counts } = await run
      .act(ERASING, 'Erase the data')
      .eraseData({ ...whom, actor });
    const done = leadsKept ? 'forget.done_leads_kept' : 'forget.done';
    if (run.speaks) {
      const said = refused ? 'forget.histories_left' : done;
      await run.say(say(run.locale, said), 'Say what is done');
    }
    const late = { ...whom, ending: seen.ending, begunBefore };
    const later = await seeToTheRest(run, late, done, { leads: inCrm, refused });
    return { ...counts, histories: seen.deleted + later };
  } catch (error) {
    if (!(error instanceof ActivityFailure) || failureClass(error) === undefined) throw error;
    run.lose('a complete erasure', 'a person was asked to finish it');
    return { unfinished: await leaveToAPerson(run) };
  }
}

async function leaveToAPerson(run: Run): Promise<number> {
  const { number } = await run.own(OWN_DATA, 'Record it for a person').recordRequest({
    ...run.context,
    key: `${run.workflowId}/unfinished`,
    kind: 'error',
    messageIds: [],
  });
  if (run.speaks) await run.say(say(run.locale, 'forget.failed', { number }), 'Say that it is not complete');
  return number;
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

interface Seen {
  deleted: number;
  /** Executions of conversations that end because they begin anew. */
  ending: string[];
  /** The engine does not allow it now. */
  refused: boolean;
}

async function deleteHistories(run: Run, whom: Whom): Promise<Seen> {
  const ending = await run.act(ERASING, 'Let the conversation begin anew').renewConversations(whom);
  let deleted = 0;
  for (let look = 1; look <= LOOKS; look++) {
    const seen = await run.act(ERASING, 'Delete histories').deleteHistories({ ...whom, ending });
    deleted += seen.deleted;
    if (seen.refused || seen.left === 0) return { deleted, ending, refused: seen.refused };
    // A run that had only just begun when the others were ended is seen now.
    await askToEnd(run, whom, look);
    await pause(run, look, 'that everything has ended');
  }
  run.lose('the deletion of every history', 'the rest goes when the engine’s retention ends');
  return { deleted, ending, refused: false };
}

const pause = (run: Run, look: number, what: string) =>
  run.waitFor('timer', what, Math.min(FIRST_PAUSE_MS * 2 ** (look - 1), LONGEST_PAUSE_MS));

type Late = Whom & { ending: string[]; begunBefore: number };

/**
 * What others do not let us finish at once: managers are asked on the leads' own pages in the CRM, and the engine
 * deletes the histories that it has refused. Tried until it works, visibly, for days; then a person gets it. Returns
 * how many histories went. Runs that were begun after the wish are left alone.
 */
async function seeToTheRest(
  run: Run,
  late: Late,
  done: 'forget.done' | 'forget.done_leads_kept',
  { leads, refused }: { leads: LeadToErase[]; refused: boolean },
): Promise<number> {
  let deleted = 0;
  let left = leads;
  let histories = refused;
  for (let attempt = 1; ; attempt++) {
    const { owed, unclear } = await askManagers(run, left, attempt === ATTEMPTS);
    left = owed;
    // The refusal that brought us here has only just been heard.
    if (histories && attempt > 1) {
      const seen = await deleteLate(run, late);
      deleted += seen.deleted;
      histories = seen.refused;
      if (!histories && run.speaks) await run.say(say(run.locale, done), 'Say that it is done');
    }
    if (!histories && left.length === 0) return deleted;
    if (attempt === ATTEMPTS) break;
    const away = run.timing.outagePauseMs * 2 ** Math.min(attempt - 1, 10);
    const pauseMs = Math.max(
      Math.min(away, run.timing.outagePauseMaxMs),
      unclear ? run.timing.unclearWriteMs : 0,
    );
    const what = [
      ...(histories ? ['Temporal, which refuses to delete histories'] : []),
      ...(left.length > 0 ? ['the CRM'] : []),
    ].join(', and ');
    await run.waitFor('provider', what, pauseMs, undefined, { mustElapse: unclear });
  }
  run.lose('the deletion of histories', 'a person was asked, or they go when the engine’s retention ends');
  await leaveToAPerson(run);
  return deleted;
}

/** An engine that does not answer for a day is one that refuses. */
async function deleteLate(run: Run, late: Late): Promise<Pick<Seen, 'deleted' | 'refused'>> {
  try {
    return await run.act(ERASING, 'Delete histories').deleteHistories(late);
  } catch (error) {
    if (failureClass(error) === undefined) throw error;
    return { deleted: 0, refused: true };
  }
}

/** Bitrix24 has no way to erase for us. Returns what is still owed; what can never be asked there goes to a person. */
async function askManagers(run: Run, leads: LeadToErase[], last: boolean) {
  const owed: LeadToErase[] = [];
  let unclear = false;
  for (const lead of leads) {
    const failed = lead.entity === 'lead' ? await commented(run, lead) : 'refused';
    if (failed === undefined) continue;
    if (last || failed === 'refused' || failed === 'misconfigured') await toAPerson(run, lead);
    else owed.push(lead);
    unclear ||= failed === 'unknown';
  }
  return { owed, unclear };
}

/** Undefined once it stands on the lead's page. */
async function commented(run: Run, lead: LeadToErase): Promise<FailureClass | undefined> {
  const { tenantId, correlationId } = run.start;
  try {
    await run
      .act(CRM, 'Ask managers to erase the lead')
      .askCrmToErase({ tenantId, lead, locale: run.locale, correlationId });
    return undefined;
  } catch (error) {
    const kind = failureClass(error);
    if (kind === undefined) throw error;
    return kind;
  }
}

async function toAPerson(run: Run, lead: LeadToErase): Promise<void> {
  const { tenantId, correlationId } = run.start;
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
