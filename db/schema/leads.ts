import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import { createdAt, id, instant } from './columns.ts';
import { customers } from './customers.ts';
import { conversations } from './messages.ts';
import { ofTenant } from './tenants.ts';

/** What a customer wants to buy or be called about. Never dropped, also when half told. */
export const leads = pgTable(
  'leads',
  {
    id: id(),
    tenantId: ofTenant(),
    /** What the customer calls it: № 17. */
    number: bigint({ mode: 'number' }).notNull(),
    /** Workflow id of the run that took it: one lead per run, however often the step is repeated. */
    key: text().notNull(),
    customerId: uuid().references(() => customers.id),
    conversationId: uuid().references(() => conversations.id),
    name: text(),
    phone: text(),
    email: text(),
    need: text(),
    /** `partial`: the customer stopped answering before everything was told. */
    status: text().$type<'complete' | 'partial'>().notNull(),
    /** How likely the client is to buy, 0 to 100, when the lead was looked at last. */
    score: integer(),
    scoredBy: text().$type<'model' | 'rules'>(),
    /** Why, in the tenant's language; may repeat what the customer said. */
    scoreReasons: jsonb().$type<string[]>(),
    nextStep: text(),
    /** Messages of the customer and of the bot in the lead's conversation. */
    messagesIn: integer(),
    messagesOut: integer(),
    /** Calls as the CRM knows them; null where there is no CRM. */
    callsAnswered: integer(),
    callsMissed: integer(),
    callSeconds: integer(),
    scoredAt: instant(),
    createdAt: createdAt(),
    updatedAt: instant().notNull(),
  },
  (t) => [
    check('leads_score', sql`${t.score} between 0 and 100`),
    unique('leads_key').on(t.tenantId, t.key),
    unique('leads_number').on(t.tenantId, t.number),
    // What a customer has asked for: /status.
    index('leads_customer').on(t.tenantId, t.customerId, t.createdAt),
    // The list, newest first, page by page.
    index('leads_newest').on(t.tenantId, t.createdAt, t.id),
  ],
);

/** Where a lead lives in the CRM. One link per lead. */
export const crmLinks = pgTable(
  'crm_links',
  {
    tenantId: ofTenant(),
    leadId: uuid()
      .notNull()
      .references(() => leads.id),
    entity: text().notNull(),
    externalId: text().notNull(),
    how: text().notNull(),
    createdAt: createdAt(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.leadId] })],
);

/** Something only a person can do: recorded, numbered, waiting. */
export const requests = pgTable(
  'requests',
  {
    id: id(),
    tenantId: ofTenant(),
    number: bigint({ mode: 'number' }).notNull(),
    key: text().notNull(),
    /** Why a person is needed. */
    kind: text().$type<'person' | 'task' | 'unanswered' | 'error'>().notNull(),
    customerId: uuid().references(() => customers.id),
    conversationId: uuid().references(() => conversations.id),
    messageIds: jsonb().$type<string[]>().notNull(),
    /** What a process found out for that person, under names of its own. */
    details: jsonb().$type<Record<string, string>>(),
    status: text().$type<'open' | 'done'>().notNull().default('open'),
    createdAt: createdAt(),
  },
  (t) => [
    unique('requests_key').on(t.tenantId, t.key),
    unique('requests_number').on(t.tenantId, t.number),
    index('requests_customer').on(t.tenantId, t.customerId, t.createdAt),
  ],
);
