import type { createSendActivities } from '../../activities/send/activities.ts';
import type { Database } from '../../db/client.ts';
import { sendsSince } from '../../db/queries/absence.ts';
import { findConversation } from '../../db/queries/conversations.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import type { StuckOptions } from './stuck.ts';

export interface TellOptions {
  db: Database;
  say: ReturnType<typeof createSendActivities>['say'];
}

const SEND_MS = 20_000;
/** How the keys of such messages begin. */
const NOTICE = 'alarm/';
/** One fault may hit a conversation and its runs: what was said this recently is not said again. */
const ENOUGH_MS = 10 * 60_000;

/**
 * Says through the send ledger, like everything a customer hears, that there is a fault. The key names incident and
 * conversation, so that looking again says nothing again. A fault older than a restore may have been told of before:
 * that is recorded as in doubt, and not said. Rejects when it is to be tried later.
 */
export function createTeller({ db, say }: TellOptions): StuckOptions['tell'] {
  return async ({ conversationId, incident, workflowId, failingSince }) => {
    const conversation = await findConversation(db, conversationId);
    if (!conversation) return;
    const since = new Date(Math.min(incident.raisedAt.getTime(), Date.now() - ENOUGH_MS));
    const key = `${NOTICE}${incident.id}/${conversationId}`;
    const said = await sendsSince(db, conversation.tenantId, conversationId, NOTICE, since);
    // One that is recorded and has not left is brought to its end.
    if (said.some((one) => one.key !== key || (one.state !== 'pending' && one.state !== 'sending'))) return;
    await say(
      {
        conversationId,
        key,
        content: { text: text(conversation.locale, 'failure.stuck'), format: 'plain' },
        correlationId: incident.id,
      },
      workflowId,
      AbortSignal.timeout(SEND_MS),
      failingSince?.getTime(),
    );
  };
}
