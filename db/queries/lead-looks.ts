import { and, count, eq, sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { crmLinks, leads, messages } from '../schema/index.ts';

const isLead = (tenantId: string, leadId: string) => and(eq(leads.tenantId, tenantId), eq(leads.id, leadId));

/** A lead with where it was told and where it lives in the CRM, and what the last look at it found. */
export async function findLookedAt(db: Executor, tenantId: string, leadId: string) {
  const [row] = await db
    .select({
      number: leads.number,
      name: leads.name,
      phone: leads.phone,
      need: leads.need,
      conversationId: leads.conversationId,
      crmLeadId: crmLinks.externalId,
      score: leads.score,
      scoredBy: leads.scoredBy,
      reasons: leads.scoreReasons,
      nextStep: leads.nextStep,
      messagesIn: leads.messagesIn,
      messagesOut: leads.messagesOut,
      callsAnswered: leads.callsAnswered,
      callsMissed: leads.callsMissed,
      callSeconds: leads.callSeconds,
    })
    .from(leads)
    .leftJoin(
      crmLinks,
      and(eq(crmLinks.tenantId, leads.tenantId), eq(crmLinks.leadId, leads.id), eq(crmLinks.entity, 'lead')),
    )
    .where(isLead(tenantId, leadId));
  return row;
}

export type LookedAt = NonNullable<Awaited<ReturnType<typeof findLookedAt>>>;

export interface MessageCount {
  messagesIn: number;
  messagesOut: number;
}

/** Messages of a conversation by who wrote them. */
export async function countMessages(
  db: Executor,
  tenantId: string,
  conversationId: string,
): Promise<MessageCount> {
  const rows = await db
    .select({ direction: messages.direction, count: count() })
    .from(messages)
    .where(and(eq(messages.tenantId, tenantId), eq(messages.conversationId, conversationId)))
    .groupBy(messages.direction);
  const of = (direction: 'inbound' | 'outbound') => rows.find((r) => r.direction === direction)?.count ?? 0;
  return { messagesIn: of('inbound'), messagesOut: of('outbound') };
}

export interface LookToSave extends MessageCount {
  tenantId: string;
  leadId: string;
  score: number;
  scoredBy: 'model' | 'rules';
  reasons: string[];
  nextStep: string;
  /** Absent where nobody could tell. */
  calls?: { answered: number; missed: number; seconds: number } | undefined;
}

/** Writes what a look found in the place of what the one before found. */
export async function saveLook(db: Executor, look: LookToSave): Promise<void> {
  await db
    .update(leads)
    .set({
      score: look.score,
      scoredBy: look.scoredBy,
      scoreReasons: look.reasons,
      nextStep: look.nextStep,
      messagesIn: look.messagesIn,
      messagesOut: look.messagesOut,
      callsAnswered: look.calls?.answered ?? null,
      callsMissed: look.calls?.missed ?? null,
      callSeconds: look.calls?.seconds ?? null,
      scoredAt: sql`now()`,
    })
    .where(isLead(look.tenantId, look.leadId));
}
