import { z } from '@hono/zod-openapi';
import type { ConversationView, MessageView } from '../../db/queries/conversations-read.ts';
import type { CustomerDetail, CustomerRow } from '../../db/queries/customers-read.ts';
import type { LeadView } from '../../db/queries/leads-desk.ts';
import { CONVERSATION_STATUSES } from '../../domain/conversation.ts';
import { CUSTOMER_STATES } from '../../domain/customer.ts';
import { LOCALES } from '../../domain/locale.ts';
import { CONTENT_TYPES } from '../../domain/message.ts';
import { nextCursor } from '../listing.ts';
import { instant, iso } from './common.ts';

const locale = z.enum(LOCALES);
const state = z.enum(CUSTOMER_STATES).openapi({
  description:
    '`registered`: has told a name or a phone; `active`: and a run of theirs has finished. `suspended` and `banned` are not served.',
});

const customer = z.object({
  id: z.uuid(),
  name: z.string().nullable(),
  phone: z
    .string()
    .nullable()
    .openapi({ description: 'E.164, proved by the platform.', example: '+77011234567' }),
  phone_hint: z.string().nullable().openapi({ description: 'E.164, as somebody typed it.' }),
  email: z.string().nullable(),
  state,
  state_since: instant,
  state_before: z
    .enum(CUSTOMER_STATES)
    .nullable()
    .openapi({ description: 'What lifting the sanction returns to.' }),
  reason: z.string().nullable().openapi({ description: 'Why the sanction, in the words of whoever set it.' }),
  suspended_until: instant.nullable(),
  chosen_locale: locale.nullable(),
  unreachable_since: instant.nullable(),
  created_at: instant,
});

export const CustomerSchema = customer.openapi('Customer');
export const CustomerListSchema = z
  .object({ customers: z.array(CustomerSchema), next_cursor: nextCursor })
  .openapi('CustomerList');
export const CustomerDetailSchema = customer
  .extend({
    identities: z.array(
      z.object({
        channel: z.string().openapi({ example: 'default' }),
        account_id: z.string().openapi({ example: '501' }),
        username: z.string().nullable(),
        since: instant,
      }),
    ),
    conversation_ids: z.array(z.uuid()),
  })
  .openapi('CustomerDetail');

export const customerJson = (row: CustomerRow): z.infer<typeof CustomerSchema> => ({
  id: row.id,
  name: row.name,
  phone: row.phone,
  phone_hint: row.phoneHint,
  email: row.email,
  state: row.state,
  state_since: row.stateSince.toISOString(),
  state_before: row.stateBefore,
  reason: row.stateReason,
  suspended_until: iso(row.suspendedUntil),
  chosen_locale: row.chosenLocale,
  unreachable_since: iso(row.unreachableSince),
  created_at: row.createdAt.toISOString(),
});

export const customerDetailJson = (row: CustomerDetail): z.infer<typeof CustomerDetailSchema> => ({
  ...customerJson(row),
  identities: row.identities.map(({ channel, accountId, username, since }) => ({
    channel,
    account_id: accountId,
    username,
    since: since.toISOString(),
  })),
  conversation_ids: row.conversationIds,
});

export const ConversationSchema = z
  .object({
    id: z.uuid(),
    channel: z.string().openapi({ example: 'default' }),
    channel_kind: z.string().openapi({ example: 'telegram' }),
    chat_id: z.string(),
    customer_id: z.uuid(),
    customer_name: z.string().nullable(),
    customer_state: state,
    locale,
    status: z.enum(CONVERSATION_STATUSES).openapi({
      description:
        'What goes on: a run is at work or waits for a provider, waits for a manager, for the customer, or nothing. A run that waits for a moment to come does not count.',
    }),
    unhandled: z.int().openapi({ description: 'Messages that are stored and not handled yet.' }),
    created_at: instant,
    last_message_at: instant.nullable(),
  })
  .openapi('Conversation');
export const ConversationListSchema = z
  .object({ conversations: z.array(ConversationSchema), next_cursor: nextCursor })
  .openapi('ConversationList');

export const conversationJson = (row: ConversationView): z.infer<typeof ConversationSchema> => ({
  id: row.id,
  channel: row.channel,
  channel_kind: row.channelKind,
  chat_id: row.chatId,
  customer_id: row.customerId,
  customer_name: row.customerName,
  customer_state: row.customerState,
  locale: row.locale,
  status: row.status,
  unhandled: row.unhandled,
  created_at: row.createdAt.toISOString(),
  last_message_at: iso(row.lastMessageAt),
});

const MessageSchema = z
  .object({
    id: z.uuid(),
    direction: z.enum(['inbound', 'outbound']),
    content_type: z.enum(CONTENT_TYPES),
    content: z.string(),
    metadata: z.record(z.string(), z.unknown()),
    number: z
      .int()
      .nullable()
      .openapi({ description: 'Place in the conversation; null for what the bot said.' }),
    channel_message_id: z.string(),
    workflow_id: z.string().nullable().openapi({ description: 'The workflow that said it.' }),
    withheld: z.enum(['suspended', 'banned', 'limited', 'restored']).nullable().openapi({
      description:
        'Stored and not served: its sender was under this sanction or had written more than is served in a minute, or a restore could not tell whether it had been answered.',
    }),
    correlation_id: z.string(),
    created_at: instant,
  })
  .openapi('Message');
export const MessageListSchema = z
  .object({ messages: z.array(MessageSchema), next_cursor: nextCursor })
  .openapi('MessageList');

export const messageJson = (row: MessageView): z.infer<typeof MessageSchema> => ({
  id: row.id,
  direction: row.direction,
  content_type: row.contentType,
  content: row.content,
  metadata: { ...row.metadata },
  number: row.number,
  channel_message_id: row.channelMessageId,
  workflow_id: row.workflowId,
  withheld: row.withheld,
  correlation_id: row.correlationId,
  created_at: row.createdAt.toISOString(),
});

export const LeadSchema = z
  .object({
    id: z.uuid(),
    number: z.int().openapi({ description: 'What the customer calls it: № 17.', example: 17 }),
    status: z.enum(['complete', 'partial']).openapi({
      description: '`partial`: the customer stopped answering before everything was told.',
    }),
    name: z.string().nullable(),
    phone: z.string().nullable().openapi({ example: '+77011234567' }),
    email: z.string().nullable(),
    need: z.string().nullable(),
    customer_id: z.uuid().nullable(),
    conversation_id: z.uuid().nullable(),
    score: z.int().nullable().openapi({ description: 'How likely the client is to buy, 0 to 100.' }),
    crm: z
      .object({ entity: z.string().openapi({ example: 'lead' }), id: z.string() })
      .nullable()
      .openapi({ description: 'Where it lives in the CRM; null until it is there.' }),
    created_at: instant,
    updated_at: instant,
  })
  .openapi('Lead');
export const LeadListSchema = z
  .object({ leads: z.array(LeadSchema), next_cursor: nextCursor })
  .openapi('LeadList');

export const leadJson = (row: LeadView): z.infer<typeof LeadSchema> => ({
  id: row.id,
  number: row.number,
  status: row.status,
  name: row.name,
  phone: row.phone,
  email: row.email,
  need: row.need,
  customer_id: row.customerId,
  conversation_id: row.conversationId,
  score: row.score,
  crm: row.crmEntity !== null && row.crmId !== null ? { entity: row.crmEntity, id: row.crmId } : null,
  created_at: row.createdAt.toISOString(),
  updated_at: row.updatedAt.toISOString(),
});
