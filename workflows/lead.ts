import { isCancellation } from '@temporalio/workflow';
import { z } from 'zod';
import { LEAD_WORDS } from '../domain/intent/lexicon.ts';
import { normalisePhone } from '../domain/phone.ts';
import { inAllLocales, say } from '../domain/texts/catalogue.ts';
import type { Answer } from './kit/ask.ts';
import { OWN_DATA, THINKING } from './kit/policies.ts';
import { defineProcess } from './kit/process.ts';
import type { Run } from './kit/run.ts';
import { LEAD_QUESTIONS } from './lead-questions.ts';

const Lead = z.object({
  name: z.string().trim().min(1).max(200).optional(),
  phone: z.string().trim().min(5).max(32).optional(),
  need: z.string().trim().min(1).max(4000).optional(),
});
type Lead = z.output<typeof Lead>;

/** In the order in which they are asked for. */
const FIELDS = ['need', 'name', 'phone'] as const;

export const lead = defineProcess(
  {
    name: 'lead',
    title: inAllLocales('lead.title'),
    purpose: 'Takes a request to buy or to be called back, asks for what is missing, and passes it on.',
    input: Lead,
    triggers: [
      { on: 'command', command: 'lead' },
      { on: 'intent', means: 'wants to order, buy, book or be called back by sales', words: LEAD_WORDS },
      { on: 'message', kind: 'contact' },
    ],
    examples: [
      {
        title: 'The phone is asked for',
        customer: [
          { says: 'Хочу заказать кухню на заказ, меня зовут Анна' },
          { hears: 'номер' },
          { says: '8 701 123 45 67' },
          { hears: '№' },
        ],
        ends: 'succeeded',
      },
      {
        title: 'Everything at once',
        customer: [
          { says: 'I want to order a sofa. My name is John, call me at +7 701 555 44 33' },
          { hears: '№' },
        ],
        ends: 'succeeded',
      },
    ],
  },
  async (run, input) => {
    const told = run.start.messages.length > 0 ? await understand(run) : {};
    const { ended, ...details } = await complete(run, { ...told, ...checked(run, input) });
    const status = ended === 'complete' ? ended : 'partial';
    const { leadId, number, crm } = await keep(run, details, status);
    run.accepted();
    if (run.speaks && ended !== 'unreachable') {
      await run.say(say(run.locale, CONFIRMATION[ended], { ...details, number }), 'Confirm with the number');
    }
    if (crm) await passOn(run, leadId, number);
    return { leadId, number, status };
  },
);

/** How the asking ended. Whatever it was, what was told is kept and passed on. */
type Ended = 'complete' | Exclude<Answer<string>['kind'], 'answered'>;

const CONFIRMATION = {
  complete: 'lead.received',
  timeout: 'lead.kept_partial',
  unclear: 'lead.kept_unclear',
} as const;

/** A phone from outside is a phone like any other: it must be one. */
function checked(run: Run, input: Lead): Lead {
  if (input.phone === undefined) return input;
  const { phone: given, ...rest } = input;
  const phone = normalisePhone(given, run.start.country);
  if ('e164' in phone) return { ...rest, phone: phone.e164 };
  run.lose('the phone that was given, which is none', 'the lead was taken without it');
  return rest;
}

/** What the customer has told already. Rules read less than a model, but they are always there. */
function understand(run: Run): Promise<Lead> {
  return run.turn.consider((messageIds) => {
    const request = { ...run.context, messageIds, country: run.start.country };
    return run.fallback('a model to read the message', [
      { get: () => run.act(THINKING, 'Read name, phone and need').extractLead(request) },
      {
        instead: 'rules read it',
        get: () => run.own(OWN_DATA, 'Read by rules').extractLeadByRules(request),
      },
    ]);
  });
}

/** Asks for what is missing. */
async function complete(run: Run, known: Lead): Promise<Lead & { ended: Ended }> {
  const lead = { ...known };
  const missing = FIELDS.filter((field) => !lead[field]);
  if (missing.length === 0) return { ...lead, ended: 'complete' };
  if (!run.speaks) return { ...lead, ended: 'unreachable' };
  // Kept before the first question: a customer who never answers is still a lead.
  const { consentUrl } = await keep(run, lead, 'partial');
  for (const field of missing) {
    if (lead[field]) continue;
    const answer = await run.ask({
      ...LEAD_QUESTIONS[field](run, consentUrl),
      correct: (told) => {
        Object.assign(lead, told);
      },
    });
    if (answer.kind !== 'answered') return { ...lead, ended: answer.kind };
    Object.assign(lead, answer.value);
  }
  return { ...lead, ended: 'complete' };
}

/** Once per run: a later call completes the same lead under the same number. */
const keep = (run: Run, lead: Lead, status: 'complete' | 'partial') =>
  run.own(OWN_DATA, 'Keep what is known').saveLead({ ...run.context, key: run.workflowId, ...lead, status });

/** Starts the push and waits a moment for it; a slow CRM is owed the lead, the customer is not kept waiting. */
async function passOn(run: Run, leadId: string, number: number): Promise<void> {
  const push = await run.begin('crm_push', `crm_push/${leadId}`, { leadId });
  try {
    if (await run.within(push, run.timing.crmWaitMs)) return;
  } catch (error) {
    if (isCancellation(error)) throw error;
    run.lose('the record in the CRM', 'a person was asked to enter it');
    return;
  }
  run.lose('the record in the CRM', 'the push is owed and goes on by itself');
  if (run.speaks) await run.say(say(run.locale, 'lead.crm_pending', { number }), 'Say that it is on its way');
}
