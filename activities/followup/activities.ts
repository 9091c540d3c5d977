import { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../../db/client.ts';
import { transcript } from '../../db/queries/conversations.ts';
import { countMessages, findLookedAt, type LookedAt, saveLook } from '../../db/queries/lead-looks.ts';
import { checkedScore, type LeadScore, scoreByRules } from '../../domain/lead-score.ts';
import type { Locale } from '../../domain/locale.ts';
import { say } from '../../domain/texts/catalogue.ts';
import type { Crm, CrmCalls } from '../crm/contract.ts';
import { toActivityFailure } from '../failures.ts';
import { withHeartbeat } from '../heartbeat.ts';
import { failing } from '../llm/asking.ts';
import type { Llm } from '../llm/llm.ts';
import { type Instruct, instructed, LANGUAGE } from '../think/instructions.ts';
import type { Begun, Counted, Look, Scored } from './contract.ts';
import { LeadReview, reviewed } from './review.ts';

export interface FollowUpDependencies {
  db: Database;
  llm: Pick<Llm, 'chat'>;
  instruct: Instruct;
  /** The CRM of a tenant; throws `ProviderError` misconfigured when there is none. */
  crm(tenantId: string): Crm;
  hasCrm(tenantId: string): boolean;
  /** Reasons are written in the tenant's language: managers read them. */
  tenant(tenantId: string): { slug: string; name: string; defaultLocale: Locale };
}

/** Longer than the CRM client's own deadline for each of a few pages, shorter than the start-to-close. */
const CRM_MS = 70_000;
const THINK_MS = 90_000;
/** The end of the conversation that a model reads. */
const LAST_MESSAGES = 40;

/** Steps of `lead_followup`. What was said and thought is read and kept here, and never travels through a history. */
export function createFollowUpActivities(deps: FollowUpDependencies) {
  const { db, llm } = deps;

  async function found({ tenantId, leadId }: Look): Promise<LookedAt> {
    const lead = await findLookedAt(db, tenantId, leadId);
    if (lead) return lead;
    throw ApplicationFailure.nonRetryable(`There is no lead ${leadId}.`, 'Store.NotFound');
  }

  /** The lead's place in the CRM. It was there when the look began. */
  async function inCrm<T>(look: Look, step: (id: string, lead: LookedAt, signal: AbortSignal) => Promise<T>) {
    try {
      return await withHeartbeat(CRM_MS, async (signal) => {
        const lead = await found(look);
        if (lead.crmLeadId === null) {
          throw ApplicationFailure.nonRetryable(`The lead ${look.leadId} is in no CRM.`, 'Crm.NotFound');
        }
        return step(lead.crmLeadId, lead, signal);
      });
    } catch (error) {
      throw toActivityFailure(error);
    }
  }

  const keep = async (counted: Counted, scored: LeadScore, scoredBy: 'model' | 'rules'): Promise<Scored> => {
    const { tenantId, leadId, messagesIn, messagesOut, calls } = counted;
    await saveLook(db, { tenantId, leadId, messagesIn, messagesOut, calls, scoredBy, ...scored });
    return { score: scored.score };
  };

  const outside = {
    countLeadCalls: (look: Look): Promise<CrmCalls> =>
      inCrm(look, (id, _, signal) => deps.crm(look.tenantId).calls(id, signal)),

    /** Asks a model, and keeps what it says with the lead. */
    async scoreLead(counted: Counted): Promise<Scored> {
      const { tenantId } = counted;
      const lead = await found(counted);
      const said =
        lead.conversationId === null
          ? []
          : await transcript(db, tenantId, lead.conversationId, LAST_MESSAGES);
      const { name: business, defaultLocale } = deps.tenant(tenantId);
      const values = { business, language: LANGUAGE[defaultLocale] };
      const { asked, system, context } = instructed(deps, 'score', counted, values);
      const { value } = await failing(() =>
        withHeartbeat(THINK_MS, (signal) =>
          llm.chat(
            {
              ...asked,
              schema: { name: 'lead_score', schema: LeadReview },
              messages: [system, { role: 'user', content: reviewed(lead, counted, said) }],
              maxTokens: 600,
            },
            context,
            signal,
          ),
        ),
      );
      if (value === undefined) throw new Error('A model answered without the value it was asked for.');
      return keep(counted, checkedScore(value), 'model');
    },

    /** Writes what the look found into the lead's timeline, unless it stands there. */
    commentLook: (look: Look): Promise<void> =>
      inCrm(look, (id, lead, signal) =>
        deps
          .crm(look.tenantId)
          .commentLead(id, comment(lead, look, deps.tenant(look.tenantId).defaultLocale), signal),
      ),
  };

  /** Statements in our own database. */
  const own = {
    async beginLook(look: Look): Promise<Begun> {
      const { conversationId, crmLeadId } = await found(look);
      const counted =
        conversationId === null
          ? { messagesIn: 0, messagesOut: 0 }
          : await countMessages(db, look.tenantId, conversationId);
      return { ...counted, inCrm: crmLeadId !== null && deps.hasCrm(look.tenantId) };
    },

    async scoreLeadByRules(counted: Counted): Promise<Scored> {
      const { name, phone, need } = await found(counted);
      const { messagesIn, messagesOut, calls } = counted;
      const facts = {
        hasName: Boolean(name),
        hasPhone: Boolean(phone),
        hasNeed: Boolean(need),
        messagesIn,
        messagesOut,
        ...(calls === undefined ? {} : { calls }),
      };
      return keep(counted, scoreByRules(facts, deps.tenant(counted.tenantId).defaultLocale), 'rules');
    },
  };

  return { outside, own };
}

type FollowUp = ReturnType<typeof createFollowUpActivities>;
export type FollowUpActivities = FollowUp['outside'];
export type FollowUpStatements = FollowUp['own'];

/** The same words at every attempt: they are what tells whether it stands in the timeline already. */
function comment(lead: LookedAt, { look }: Look, locale: Locale): string {
  const { callsAnswered: answered, callsMissed: missed, callSeconds: seconds } = lead;
  return say(locale, 'lead_followup.comment', {
    number: lead.number,
    look,
    score: lead.score ?? 0,
    reasons: lead.reasons ?? [],
    nextStep: lead.nextStep ?? '',
    messagesIn: lead.messagesIn ?? 0,
    messagesOut: lead.messagesOut ?? 0,
    byRules: lead.scoredBy === 'rules',
    ...(answered === null || missed === null || seconds === null
      ? {}
      : { calls: { answered, missed, seconds } }),
  });
}
