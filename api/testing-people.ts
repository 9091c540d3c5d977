import type { ConversationView } from '../db/queries/conversations-read.ts';
import type { CustomerDetail } from '../db/queries/customers-read.ts';
import type { LeadView } from '../db/queries/leads-desk.ts';
import type { People } from './people.ts';

const AT = new Date('2026-01-31T09:00:00.000Z');

export const CUSTOMER: CustomerDetail = {
  id: '0192a000-0000-7000-8000-0000000000c1',
  name: 'Анна',
  phone: '+77011234567',
  phoneHint: null,
  email: null,
  chosenLocale: 'ru',
  unreachableSince: null,
  state: 'active',
  stateBefore: null,
  stateReason: null,
  stateSince: AT,
  suspendedUntil: null,
  createdAt: AT,
  identities: [{ channel: 'default', accountId: '501', username: null, since: AT }],
  conversationIds: ['0192a000-0000-7000-8000-0000000000c2'],
};

export const CONVERSATION: ConversationView = {
  id: '0192a000-0000-7000-8000-0000000000c2',
  channel: 'default',
  channelKind: 'telegram',
  chatId: '501',
  customerId: CUSTOMER.id,
  customerName: CUSTOMER.name,
  customerState: CUSTOMER.state,
  locale: 'ru',
  status: 'quiet',
  unhandled: 0,
  createdAt: AT,
  lastMessageAt: AT,
};

export const LEAD_ROW: LeadView = {
  id: '0192a000-0000-7000-8000-0000000000c3',
  number: 17,
  status: 'complete',
  name: 'Анна',
  phone: '+77011234567',
  email: null,
  need: 'Шкаф',
  customerId: CUSTOMER.id,
  conversationId: CONVERSATION.id,
  score: null,
  crmEntity: 'lead',
  crmId: '5',
  createdAt: AT,
  updatedAt: AT,
};

/** One customer with a conversation and a lead; remembers what was asked. */
export function peopleFakes(asked: unknown[][]): People {
  const next = { at: AT, id: CUSTOMER.id };
  return {
    customers: {
      list: async (...request) => {
        asked.push(['customers.list', ...request]);
        return { rows: [CUSTOMER], next };
      },
      get: async (_tenant, id) => (id === CUSTOMER.id ? CUSTOMER : undefined),
      change: async (...request) => {
        asked.push(['customers.change', ...request]);
        if (request[1] !== CUSTOMER.id) return { kind: 'unknown' };
        return request[2].kind === 'lift'
          ? { kind: 'refused', state: 'active' }
          : { kind: 'changed', state: 'banned' };
      },
    },
    conversations: {
      list: async (...request) => {
        asked.push(['conversations.list', ...request]);
        return { rows: [CONVERSATION], next };
      },
      get: async (_tenant, id) => (id === CONVERSATION.id ? CONVERSATION : undefined),
      messages: async (_tenant, id) => (id === CONVERSATION.id ? { rows: [] } : undefined),
      say: async (saying) => {
        asked.push(['conversations.say', saying]);
        if (saying.conversationId !== CONVERSATION.id) return { kind: 'missing' };
        if (saying.text === 'other') return { kind: 'conflict' };
        return saying.text === 'later' ? { kind: 'unavailable' } : { kind: 'accepted', key: 'k' };
      },
      accept: async (message) => {
        asked.push(['conversations.accept', message]);
        if (message.channel !== 'default') return { kind: 'no_channel' };
        const kind = message.messageId === 'seen' ? 'existing' : 'stored';
        return { kind, conversationId: CONVERSATION.id, messageId: LEAD_ROW.id };
      },
    },
    leads: {
      list: async (...request) => {
        asked.push(['leads.list', ...request]);
        return { rows: [LEAD_ROW] };
      },
      get: async (_tenant, id) => (id === LEAD_ROW.id ? LEAD_ROW : undefined),
      create: async (lead) => {
        asked.push(['leads.create', lead]);
        switch (lead.fields.name) {
          case 'conflict':
          case 'no_customer':
          case 'bad_phone':
          case 'unavailable':
            return { kind: lead.fields.name };
          default:
            return { kind: 'created', lead: LEAD_ROW, push: `crm_push/${LEAD_ROW.id}` };
        }
      },
      update: async (change) => {
        asked.push(['leads.update', change]);
        if (change.leadId !== LEAD_ROW.id) return 'missing';
        return change.fields.phone === '00000' ? 'bad_phone' : LEAD_ROW;
      },
    },
  };
}
