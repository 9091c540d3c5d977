import { z } from 'zod';
import { LEAD_WORDS } from '../domain/intent/lexicon.ts';
import { inAllLocales, say } from '../domain/texts/catalogue.ts';
import { OWN_DATA, THINKING } from './kit/policies.ts';
import { defineProcess } from './kit/process.ts';
import type { Run } from './kit/run.ts';
import { readName, readNeed, readPhone } from './lead-replies.ts';

const Lead = z.object({
  name: z.string().trim().min(1).max(200).optional(),
  phone: z.string().trim().min(5).max(32).optional(),
  need: z.string().trim().min(1).max(4000).optional(),
});
type Lead = z.output<typeof Lead>;

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
    const { status, ...details } = await complete(run, { ...told, ...input });
    const { leadId, number, crm } = await run.own(OWN_DATA, 'Store the lead').saveLead({
      ...run.context,
      key: run.workflowId,
      ...details,
      status,
    });
    if (run.speaks) {
      const text = status === 'complete' ? 'lead.received' : 'lead.kept_partial';
      await run.say(say(run.locale, text, { ...details, number }), 'Confirm with the number');
    }
    if (crm) await passOn(run, leadId, number);
    return { leadId, number, status };
  },
);

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

/** Asks for what is missing. Whoever stops answering still leaves what was told. */
async function complete(run: Run, known: Lead): Promise<Lead & { status: 'complete' | 'partial' }> {
  const lead = { ...known };
  const missing = () => !(lead.need && lead.name && lead.phone);
  if (!run.speaks) return { ...lead, status: missing() ? 'partial' : 'complete' };
  if (missing()) {
    // Kept before the first question: a customer who never answers is still a lead.
    await run
      .own(OWN_DATA, 'Keep what is known')
      .saveLead({ ...run.context, key: run.workflowId, ...lead, status: 'partial' });
  }
  const { locale } = run;
  if (!lead.need) {
    const answer = await run.ask({
      ask: say(locale, 'lead.ask_need'),
      parse: readNeed(run),
      correct: (need) => {
        lead.need = need;
      },
      details: 'what they need',
    });
    if (answer.kind !== 'answered') return { ...lead, status: 'partial' };
    lead.need = answer.value;
  }
  if (!lead.name) {
    const answer = await run.ask({
      ask: say(run.locale, 'lead.ask_name'),
      parse: readName(run),
      correct: (name) => {
        lead.name = name;
      },
      details: 'their name',
    });
    if (answer.kind !== 'answered') return { ...lead, status: 'partial' };
    lead.name = answer.value;
  }
  if (!lead.phone) {
    const answer = await run.ask({
      ask: `${say(run.locale, 'lead.consent')}\n\n${say(run.locale, 'lead.ask_phone')}`,
      parse: readPhone(run),
      correct: (phone) => {
        lead.phone = phone;
      },
      requestContact: say(run.locale, 'lead.share_phone'),
      details: 'their phone',
    });
    if (answer.kind !== 'answered') return { ...lead, status: 'partial' };
    lead.phone = answer.value;
  }
  return { ...lead, status: 'complete' };
}

/** Starts the push and waits a moment for it; a slow CRM is owed the lead, the customer is not kept waiting. */
async function passOn(run: Run, leadId: string, number: number): Promise<void> {
  const push = await run.begin('crm_push', `crm_push/${leadId}`, { leadId });
  const pushed = await run.within(push, run.timing.crmWaitMs);
  if (pushed) return;
  run.lose('the record in the CRM', 'the push is owed and goes on by itself');
  if (run.speaks) await run.say(say(run.locale, 'lead.crm_pending', { number }), 'Say that it is on its way');
}
