import type { ConversationFilter, ConversationView, MessageView } from '../db/queries/conversations-read.ts';
import type { StateChange, StateChanged } from '../db/queries/customer-states.ts';
import type { CustomerDetail, CustomerRow } from '../db/queries/customers-read.ts';
import type { EventToRecord } from '../db/queries/events.ts';
import type { LeadFields, LeadFilter, LeadView } from '../db/queries/leads-desk.ts';
import type { Page, PageRequest } from '../db/queries/page.ts';
import type { CustomerState } from '../domain/customer.ts';
import type { IfUnknown } from '../domain/doubt.ts';

/** Customers, what they write, and what they want: as the API reads and changes them. */
export interface People {
  customers: CustomerDesk;
  conversations: ConversationDesk;
  leads: LeadDesk;
}

/** Who asked for a change, for its event. */
type By = Required<Pick<EventToRecord, 'correlationId' | 'actor'>>;

export interface CustomerDesk {
  /** Ends suspensions whose time has come before it lists. */
  list(tenantId: string, state: CustomerState | undefined, page: PageRequest): Promise<Page<CustomerRow>>;
  get(tenantId: string, customerId: string): Promise<CustomerDetail | undefined>;
  /** A ban also ends the customer's runs that wait for a reply, as soon as the engine can be told. */
  change(tenantId: string, customerId: string, change: StateChange, by: By): Promise<StateChanged>;
}

export interface Saying {
  tenantId: string;
  conversationId: string;
  text: string;
  format: 'plain' | 'markdown';
  ifUnknown?: IfUnknown | undefined;
  /** Hash of the caller's key. */
  key: string;
  by: By;
}

/** A message that an existing forwarder brings. */
export interface ForwardedMessage {
  tenantId: string;
  channel: string;
  chatId: string;
  messageId: string;
  user: {
    id: string;
    firstName?: string | undefined;
    lastName?: string | undefined;
    username?: string | undefined;
    language?: string | undefined;
    email?: { address: string; verified: boolean } | undefined;
  };
  text: string;
  contact?: { phone: string; name: string; own: boolean } | undefined;
  sentAt: Date;
  correlationId: string;
}

export type ForwardedResult =
  | { kind: 'stored' | 'existing'; conversationId: string; messageId: string }
  | { kind: 'no_channel' };

export interface ConversationDesk {
  list(tenantId: string, filter: ConversationFilter, page: PageRequest): Promise<Page<ConversationView>>;
  get(tenantId: string, conversationId: string): Promise<ConversationView | undefined>;
  /** Undefined when there is no such conversation. */
  messages(
    tenantId: string,
    conversationId: string,
    page: PageRequest,
  ): Promise<Page<MessageView> | undefined>;
  /** Has the bot say something, once per key. `unavailable`: it is kept, and said when asked again. */
  say(
    saying: Saying,
  ): Promise<
    { kind: 'accepted'; key: string } | { kind: 'missing' } | { kind: 'conflict' } | { kind: 'unavailable' }
  >;
  /** Takes a message in as if the platform had delivered it. */
  accept(message: ForwardedMessage): Promise<ForwardedResult>;
}

export interface NewLead {
  tenantId: string;
  customerId?: string | undefined;
  /** Which of the fields the caller has proved: they find the customer where none is named. */
  proved?: readonly ('phone' | 'email')[] | undefined;
  fields: LeadFields;
  /** Hashes of the caller's key and of the body. */
  key: string;
  fingerprint: string;
  by: By;
}

export type NewLeadResult =
  /** `push` is the workflow that brings it into the CRM; null for a tenant without one. */
  | { kind: 'created' | 'existing'; lead: LeadView; push: string | null }
  | { kind: 'conflict' | 'no_customer' | 'bad_phone' }
  /** The lead is stored, its push has not begun: ask again with the same key. */
  | { kind: 'unavailable' };

export interface LeadDesk {
  list(tenantId: string, filter: LeadFilter, page: PageRequest): Promise<Page<LeadView>>;
  get(tenantId: string, leadId: string): Promise<LeadView | undefined>;
  create(lead: NewLead): Promise<NewLeadResult>;
  update(
    change: { tenantId: string; leadId: string; fields: LeadFields },
    by: By,
  ): Promise<LeadView | 'missing' | 'bad_phone'>;
}
