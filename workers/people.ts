import type { Client } from '@temporalio/client';
import type { RunStarter } from '../api/deps.ts';
import type { ConversationDesk, CustomerDesk, LeadDesk, People } from '../api/people.ts';
import type { Database } from '../db/client.ts';
import {
  type ConversationView,
  findInbound,
  listConversations,
  listMessages,
} from '../db/queries/conversations-read.ts';
import { changeState, liftExpired } from '../db/queries/customer-states.ts';
import { listCustomers, readCustomer } from '../db/queries/customers-read.ts';
import { keepDraft } from '../db/queries/drafts.ts';
import { recordEvent } from '../db/queries/events.ts';
import { createLead, type LeadFields, listLeads, readLead, updateLead } from '../db/queries/leads-desk.ts';
import { readCommand } from '../domain/command.ts';
import { normaliseEmail } from '../domain/email.ts';
import { conversationWorkflowId } from '../domain/ids.ts';
import { normalisePhone } from '../domain/phone.ts';
import { storable } from '../domain/storable.ts';
import type { conversation } from '../workflows/index.ts';
import { utterSignal } from '../workflows/kit/messages.ts';
import type { Accounts } from './accounts.ts';
import { createAsking } from './asking.ts';
import type { Bans } from './bans.ts';
import { type ConversationOptions, conversationStart } from './desk.ts';
import type { RunningIntake } from './intake/start.ts';

export interface PeopleParts {
  db: Database;
  client: Client;
  accounts: Accounts;
  intake: Pick<RunningIntake, 'acceptForwarded'>;
  starter: RunStarter;
  bans: Bans;
  conversations: ConversationOptions;
  onUnavailable?: (error: unknown) => void;
}

/** Customers, conversations and leads for the API, over queries, the engine and the intake. */
export const createPeople = (parts: PeopleParts): People => ({
  customers: createCustomerDesk(parts),
  conversations: createConversationDesk(parts),
  leads: createLeadDesk(parts),
});

function createCustomerDesk({ db, bans }: PeopleParts): CustomerDesk {
  return {
    async list(tenantId, state, page) {
      await liftExpired(db, tenantId);
      return listCustomers(db, tenantId, state, page);
    },
    async get(tenantId, customerId) {
      await liftExpired(db, tenantId, customerId);
      return readCustomer(db, tenantId, customerId);
    },
    async change(tenantId, customerId, change, by) {
      await liftExpired(db, tenantId, customerId);
      const changed = await changeState(db, { tenantId, customerId }, change, by);
      if (changed.kind === 'changed' && change.kind === 'ban') bans.nudge(customerId);
      return changed;
    },
  };
}

function createConversationDesk(parts: PeopleParts): ConversationDesk {
  const { db, client, accounts, intake, conversations } = parts;
  const { soon, guarded } = createAsking(client, parts.onUnavailable);
  const get = async (tenantId: string, id: string): Promise<ConversationView | undefined> =>
    (await listConversations(db, tenantId, { id }, { limit: 1 })).rows[0];
  return {
    list: (...request) => listConversations(db, ...request),
    get,
    async messages(tenantId, conversationId, page) {
      const known = await get(tenantId, conversationId);
      return known && listMessages(db, tenantId, known, page);
    },
    async say({ tenantId, conversationId, text, format, ifUnknown, key, by }) {
      if (!(await get(tenantId, conversationId))) return { kind: 'missing' };
      const said = `${conversationWorkflowId(conversationId)}/api/${key}`;
      const draft = await keepDraft(db, tenantId, said, { text: storable(text), format });
      if (!draft) return { kind: 'conflict' };
      const utterance = {
        key: said,
        draft,
        correlationId: by.correlationId,
        ...(ifUnknown === undefined ? {} : { ifUnknown }),
      };
      const signalled = await guarded(() =>
        soon(() =>
          client.workflow.signalWithStart<typeof conversation, [typeof utterance]>('conversation', {
            ...conversationStart(conversationId, conversations),
            signal: utterSignal,
            signalArgs: [utterance],
          }),
        ),
      );
      if (!signalled) return { kind: 'unavailable' };
      const event = { tenantId, eventType: 'api.message_sent', subject: conversationId, data: { key: said } };
      await recordEvent(db, { ...event, ...by });
      return { kind: 'accepted', key: said };
    },
    async accept({ tenantId, channel, chatId, messageId, user, text, contact, sentAt, correlationId }) {
      const account = accounts.byName(channel);
      if (account?.tenantId !== tenantId) return { kind: 'no_channel' };
      const { id, language, email, ...names } = user;
      const { addressee: _, ...command } = readCommand(text) ?? {};
      const message = storable({
        kind: 'message' as const,
        chatId,
        channelMessageId: messageId,
        sender: {
          channelUserId: id,
          ...defined(names),
          ...(language === undefined ? {} : { languageCode: language }),
        },
        contentType: contact ? ('contact' as const) : ('text' as const),
        content: contact ? [contact.name, contact.phone].filter(Boolean).join(' ') : text,
        metadata: {
          ...('name' in command ? { command } : {}),
          ...(contact
            ? { contact: { phone: contact.phone, name: contact.name, verified: contact.own } }
            : {}),
          ...(email ? { email: { ...email, address: normaliseEmail(email.address) } } : {}),
        },
      });
      const stored = await intake.acceptForwarded(
        account,
        {
          message: { ...message, sentAt },
          externalId: `${message.chatId}/${message.channelMessageId}`,
          // As it came; under `id` whatever names the person, so that forgetting finds it.
          raw: { ...message, chat: { id: chatId }, sentAt: sentAt.toISOString() },
        },
        correlationId,
      );
      if (stored.kind === 'message') return { kind: 'stored', ...stored.message };
      const known = await findInbound(db, {
        tenantId,
        channelId: account.channelId,
        chatId: message.chatId,
        channelMessageId: message.channelMessageId,
      });
      if (!known) throw new Error('A forwarded message was neither stored nor found.');
      return { kind: 'existing', ...known };
    },
  };
}

function createLeadDesk({ db, accounts, starter }: PeopleParts): LeadDesk {
  /** The fields with the phone in E.164; undefined when it is none. */
  function checked(tenantId: string, { phone, ...rest }: LeadFields): LeadFields | undefined {
    const fields = defined(storable(rest));
    if (phone === undefined) return fields;
    const read = normalisePhone(phone, accounts.tenant(tenantId).country);
    return 'e164' in read ? { ...fields, phone: read.e164 } : undefined;
  }
  return {
    list: (...request) => listLeads(db, ...request),
    get: (tenantId, leadId) => readLead(db, tenantId, leadId),
    async create({ tenantId, customerId, proved = [], key, fingerprint, by, ...lead }) {
      const fields = checked(tenantId, lead.fields);
      if (!fields) return { kind: 'bad_phone' };
      const { phone, email } = fields;
      const made = await createLead(db, {
        tenantId,
        key,
        fingerprint,
        customerId,
        proved: {
          phone: proved.includes('phone') ? phone : undefined,
          email: proved.includes('email') && email ? normaliseEmail(email) : undefined,
        },
        fields,
        event: by,
      });
      if (!('leadId' in made)) return made;
      const { leadId } = made;
      let push: string | null = null;
      if (accounts.tenant(tenantId).bitrix !== undefined) {
        push = `crm_push/${leadId}`;
        const started = await starter.start({
          tenantId,
          process: 'crm_push',
          workflowId: push,
          input: { leadId },
          fingerprint,
          correlationId: by.correlationId,
          actor: by.actor,
        });
        if (started.kind === 'unavailable') return { kind: 'unavailable' };
      }
      const view = await readLead(db, tenantId, leadId);
      if (!view) throw new Error(`The lead ${leadId} vanished after it was written.`);
      return { kind: made.kind, lead: view, push };
    },
    async update({ tenantId, leadId, fields }, by) {
      const valid = checked(tenantId, fields);
      if (!valid) return 'bad_phone';
      if (!(await updateLead(db, { tenantId, leadId, fields: valid }, by))) return 'missing';
      return (await readLead(db, tenantId, leadId)) ?? 'missing';
    },
  };
}

/** Without the fields that were left out. */
const defined = <T extends object>(fields: T): { [K in keyof T]: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]: NonNullable<T[K]>;
  };
