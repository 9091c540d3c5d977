import type { createSendActivities } from '../../activities/send/activities.ts';
import type { Database } from '../../db/client.ts';
import { findConversation } from '../../db/queries/conversations.ts';
import { findSends } from '../../db/queries/sends.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import type { StuckOptions } from './stuck.ts';

export interface TellOptions {
  db: Database;
  say: ReturnType<typeof createSendActivities>['say'];
}

const SEND_MS = 20_000;

/**
 * Says through the send ledger, like everything a customer hears, that there is a fault. The key names incident and
 * conversation, so that looking again says nothing again. Rejects when it is to be tried later.
 */
export function createTeller({ db, say }: TellOptions): StuckOptions['tell'] {
  return async ({ conversationId, incidents, workflowId }) => {
    const conversation = await findConversation(db, conversationId);
    const [newest] = incidents;
    if (!conversation || newest === undefined) return;
    const keys = incidents.map((incident) => `alarm/${incident}/${conversationId}`);
    let key = keys[0] ?? '';
    for (const known of keys) {
      const rows = await findSends(db, conversation.tenantId, known);
      if (rows.length === 0) continue;
      if (rows.every(({ state }) => state !== 'pending' && state !== 'sending')) return;
      key = known;
    }
    await say(
      {
        conversationId,
        key,
        content: { text: text(conversation.locale, 'failure.stuck'), format: 'plain' },
        correlationId: newest,
      },
      workflowId,
      AbortSignal.timeout(SEND_MS),
    );
  };
}
