import type { Database } from '../../db/client.ts';
import { recordEvent } from '../../db/queries/events.ts';
import { saveCrmLink, saveLead } from '../../db/queries/leads.ts';
import { numberedRequests } from '../../db/queries/status.ts';
import type { BareLead, BareMessage } from './contract.ts';

export interface BareDependencies {
  db: Database;
  tenantId: string;
  ollamaUrl: string;
  model: string;
  bitrixUrl: string;
  /** `https://host/bot<token>`. */
  botUrl: string;
}

/** Six plain activities. Statements are the product's; calls to the outside are one `fetch` each. */
export function createBareActivities(deps: BareDependencies) {
  const { db, tenantId } = deps;
  return {
    async readBefore(_: BareMessage): Promise<number> {
      return (await numberedRequests(db, tenantId, tenantId, 10)).length;
    },

    async storeLead({ updateId }: BareMessage): Promise<BareLead> {
      const key = `bare/${updateId}`;
      const { leadId, number } = await saveLead(db, {
        tenantId,
        key,
        name: 'Анна',
        need: 'замер',
        status: 'complete',
      });
      await recordEvent(db, {
        tenantId,
        eventType: 'lead.complete',
        subject: key,
        data: { leadId, number },
        correlationId: key,
      });
      return { tenantId, key, leadId };
    },

    async think({ text }: BareMessage): Promise<string> {
      const answer = await post<{ message: { content: string } }>(`${deps.ollamaUrl}/api/chat`, {
        model: deps.model,
        stream: false,
        messages: [
          { role: 'system', content: 'You answer the customers of a business in their language.' },
          { role: 'user', content: text },
        ],
      });
      return answer.message.content;
    },

    async createCrmLead({ leadId }: BareLead): Promise<string> {
      const { result } = await post<{ result: number }>(`${deps.bitrixUrl}crm.lead.add.json`, {
        fields: { TITLE: 'Анна', NAME: 'Анна', ORIGINATOR_ID: 'bare', ORIGIN_ID: leadId },
      });
      return String(result);
    },

    async storeLink({ leadId }: BareLead, externalId: string): Promise<void> {
      await saveCrmLink(db, { tenantId, leadId, entity: 'lead', externalId, how: 'created' });
    },

    async reply({ chatId }: BareMessage, text: string): Promise<void> {
      await post(`${deps.botUrl}/sendMessage`, { chat_id: chatId, text });
    },
  };
}

export type BareActivities = ReturnType<typeof createBareActivities>;

async function post<T>(url: string, body: unknown): Promise<T> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
}
