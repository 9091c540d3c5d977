import { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../../db/client.ts';
import {
  chooseLocale,
  findConversation,
  inboundBetween,
  readMessages,
  saveHandled,
} from '../../db/queries/conversations.ts';
import { recordEvent } from '../../db/queries/events.ts';
import {
  type LeadToSave,
  type RequestToRecord,
  recordRequest,
  saveCrmLink,
  saveLead,
} from '../../db/queries/leads.ts';
import { numberedRequests } from '../../db/queries/status.ts';
import type { Envelope } from '../../domain/envelope.ts';
import type { Locale } from '../../domain/locale.ts';
import { extractLeadByRules } from '../../domain/phone.ts';
import { say } from '../../domain/texts/catalogue.ts';
import type { CrmLink } from '../crm/contract.ts';
import { fromContact } from '../think/lead.ts';
import { readTurn } from '../think/transcript.ts';
import type { ConversationRow } from './contract.ts';
import { type IntentOf, toEnvelope } from './envelope.ts';

export interface StoreDependencies {
  db: Database;
  /** Whether leads of this tenant go to a CRM. */
  hasCrm(tenantId: string): boolean;
  /** The page on which a tenant says what becomes of a customer's data. */
  consentUrl(tenantId: string): string | undefined;
  /** IANA time zone in which customers read times. */
  timeZone: string;
  /** Where rules decide what a message wants. */
  intentOf?: IntentOf | undefined;
}

/** Messages fetched at once: what a history can hold without growing heavy. */
const GAP = 200;

/** How many of a customer's requests `/status` lists. */
const STATUS_LINES = 10;

interface Whose {
  tenantId: string;
  conversationId?: string | undefined;
  customerId?: string | undefined;
  correlationId: string;
}

/** Statements in our own database, run as local activities. Each is idempotent: it may be repeated. */
export function createStoreActivities(deps: StoreDependencies) {
  const { db, hasCrm, consentUrl, timeZone } = deps;
  const when = new Intl.DateTimeFormat('ru', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return {
    async loadConversation({ conversationId }: { conversationId: string }): Promise<ConversationRow> {
      const row = await findConversation(db, conversationId);
      if (row) return row;
      throw ApplicationFailure.nonRetryable(`There is no conversation ${conversationId}.`, 'Store.NotFound');
    },

    /** The first messages that were stored and whose signal has not come, both ends exclusive. */
    async loadMissed(gap: { conversationId: string; after: number; before: number }): Promise<Envelope[]> {
      const rows = await inboundBetween(db, gap.conversationId, gap.after, gap.before, GAP);
      return rows.map((row) => toEnvelope(row, deps.intentOf));
    },

    saveMark: ({ conversationId, number }: { conversationId: string; number: number }) =>
      saveHandled(db, conversationId, number),

    chooseLanguage: ({ conversationId, locale }: { conversationId: string; locale: Locale }) =>
      chooseLocale(db, conversationId, locale),

    async readReply({ tenantId, messageId }: { tenantId: string; messageId: string }) {
      const [message] = await readMessages(db, tenantId, [messageId]);
      const contact = message?.metadata.contact;
      return { text: message?.content ?? '', ...(contact ? { contact } : {}) };
    },

    async describeRequests(about: {
      tenantId: string;
      customerId: string;
      locale: Locale;
      titles: Record<string, string>;
    }): Promise<string[]> {
      const rows = await numberedRequests(db, about.tenantId, about.customerId, STATUS_LINES);
      return rows.map((row) =>
        say(about.locale, 'status.line', {
          number: Number(row.number),
          title: about.titles[row.process] ?? row.process,
          state: row.for_person
            ? say(about.locale, 'common.state', { state: 'waiting_user', waitingOn: 'manager' })
            : say(about.locale, 'common.state', {
                state: row.state ?? 'running',
                ...(row.waiting_on ? { waitingOn: row.waiting_on } : {}),
              }),
          when: when.format(new Date(row.created_at)),
        }),
      );
    },

    async recordRequest({
      key,
      kind,
      messageIds,
      details,
      ...whose
    }: Whose & Pick<RequestToRecord, 'key' | 'kind' | 'messageIds' | 'details'>): Promise<{
      number: number;
    }> {
      const { tenantId, conversationId, customerId, correlationId } = whose;
      const { number, fresh } = await recordRequest(db, {
        tenantId,
        key,
        kind,
        messageIds,
        ...(details === undefined ? {} : { details }),
        ...(conversationId === undefined ? {} : { conversationId }),
        ...(customerId === undefined ? {} : { customerId }),
      });
      if (fresh) {
        await recordEvent(db, {
          tenantId,
          eventType: `request.${kind}`,
          subject: key,
          data: { number },
          correlationId,
        });
      }
      return { number };
    },

    async extractLeadByRules({
      tenantId,
      messageIds,
      country,
    }: {
      tenantId: string;
      messageIds: string[];
      country: string;
    }) {
      const { words, contact } = await readTurn(db, tenantId, messageIds);
      return { ...extractLeadByRules(words, country), ...fromContact(contact, country) };
    },

    async saveLead({
      correlationId,
      tenantId,
      key,
      conversationId,
      customerId,
      name,
      phone,
      need,
      status,
    }: Whose & Pick<LeadToSave, 'key' | 'name' | 'phone' | 'need' | 'status'>) {
      const saved = await saveLead(db, {
        tenantId,
        key,
        status,
        ...(conversationId === undefined ? {} : { conversationId }),
        ...(customerId === undefined ? {} : { customerId }),
        ...(name === undefined ? {} : { name }),
        ...(phone === undefined ? {} : { phone }),
        ...(need === undefined ? {} : { need }),
      });
      await recordEvent(db, {
        tenantId,
        eventType: `lead.${status}`,
        subject: key,
        data: { leadId: saved.leadId, number: saved.number },
        correlationId,
      });
      return { ...saved, crm: hasCrm(tenantId), consentUrl: consentUrl(tenantId) };
    },

    saveCrmLink: ({ tenantId, leadId, link }: { tenantId: string; leadId: string; link: CrmLink }) =>
      saveCrmLink(db, { tenantId, leadId, entity: link.entity, externalId: link.id, how: link.how }),
  };
}

export type StoreActivities = ReturnType<typeof createStoreActivities>;
