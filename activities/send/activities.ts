import { asyncLocalStorage, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { Database } from '../../db/client.ts';
import type { ChatLocks } from '../../db/locks.ts';
import { type ConversationRow, findConversation } from '../../db/queries/conversations.ts';
import { readDraft } from '../../db/queries/drafts.ts';
import { findSends, recordChunks, type SendRow } from '../../db/queries/sends.ts';
import { ifUnknownOf } from '../../domain/doubt.ts';
import { render } from '../../domain/format/render.ts';
import type { Channel } from '../channel/contract.ts';
import { notYet, toActivityFailure } from '../failures.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { QuestionDesk, SendReport, SendRequest } from './contract.ts';
import { deliverUpTo } from './deliver.ts';
import type { Governor } from './governor.ts';
import { createRestoreGuard } from './restored.ts';

export interface SendDependencies {
  db: Database;
  locks: ChatLocks;
  governor: Governor;
  channel(channelId: string): Channel;
  desk: QuestionDesk;
}

/** For what surrounds the delivery; longer than `deliverUpTo` takes, shorter than the start-to-close. */
const ACTIVITY_DEADLINE_MS = 28_000;
/** The platform forgets a press after some fifteen seconds. */
const BUTTON_DEADLINE_MS = 8_000;
/** How soon to look again while another worker is sending in this chat. */
const BUSY_RETRY_MS = 150;

/**
 * Everything that reaches a customer goes through here: recorded before it is sent, in order per chat,
 * sent at most once, and reported as what it became.
 */
export function createSendActivities(deps: SendDependencies) {
  const to = async (conversationId: string): Promise<ConversationRow> => {
    const row = await findConversation(deps.db, conversationId);
    if (row) return row;
    throw ApplicationFailure.nonRetryable(`There is no conversation ${conversationId}.`, 'Send.NotFound');
  };

  const restored = createRestoreGuard(deps.db);

  /**
   * Records and delivers; also used by activities that say something on the side. `askedAtMs` is when there was first
   * a reason to say it, where that may be long ago: before a restore it may have been said already.
   */
  async function say(
    request: SendRequest,
    workflowId: string,
    signal: AbortSignal,
    askedAtMs = asyncLocalStorage.getStore()?.info.scheduledTimestampMs ?? Date.now(),
  ): Promise<SendRow[]> {
    const conversation = await to(request.conversationId);
    const channel = deps.channel(conversation.channelId);
    const content =
      'draft' in request.content
        ? await readDraft(deps.db, conversation.tenantId, request.content.draft)
        : request.content;
    const chunks = render(content, channel.capabilities);
    if (chunks.length === 0) {
      throw ApplicationFailure.nonRetryable(
        `There is nothing visible to say under ${request.key}.`,
        'Send.Empty',
      );
    }
    const { tenantId, channelId, conversationId, chatId } = conversation;
    const { key, correlationId, ifUnknown = ifUnknownOf(content.text) } = request;
    const recorded = await recordChunks(
      deps.db,
      { tenantId, channelId, conversationId, chatId, key, workflowId, correlationId, ifUnknown, chunks },
      await restored.doubtOf(askedAtMs),
    );
    if (recorded.every(isSettled)) return recorded;
    const sent = await deliver(conversation, channel, request.key, signal);
    const now = recorded.map((row) => sent.get(row.id) ?? row);
    return now.every(isSettled) ? now : findSends(deps.db, tenantId, key);
  }

  /** Delivers what is open in the chat, up to and including the chunks of a key; returns what it has sent itself. */
  async function deliver(
    conversation: ConversationRow,
    channel: Channel,
    key: string,
    signal: AbortSignal,
  ): Promise<Map<string, SendRow>> {
    const unlock = await deps.locks.tryLock(conversation.conversationId);
    if (!unlock) {
      const now = await findSends(deps.db, conversation.tenantId, key);
      if (now.every(isSettled)) return new Map(now.map((row) => [row.id, row]));
      throw notYet('Send.ChatBusy', 'Another message is being sent in this chat.', BUSY_RETRY_MS);
    }
    try {
      const delivery = { db: deps.db, governor: deps.governor, channel, to: conversation, signal };
      return await deliverUpTo(delivery, key);
    } finally {
      await unlock();
    }
  }

  const activities = {
    /** Says something, or asks a question whose reply is waited for, exactly once per key. */
    async send(request: SendRequest): Promise<SendReport> {
      const { workflowId } = Context.current().info.workflowExecution ?? { workflowId: request.key };
      return withHeartbeat(ACTIVITY_DEADLINE_MS, async (signal) => {
        const { wait, conversationId } = request;
        if (wait && (await deps.desk.open(conversationId, workflowId, wait)) === 'queued') {
          return { state: 'queued' };
        }
        const report = toReport(await say(request, workflowId, signal));
        if (wait) {
          if (report.state === 'refused') await deps.desk.close(conversationId, wait.waitId);
          // A question that may have arrived may be answered: any later message can be its reply.
          else await deps.desk.arm(conversationId, wait.waitId, questionId(report));
        }
        return report;
      });
    },

    /** Delivers what is recorded under a key and open again: somebody has said that it did not arrive. */
    async deliverOpen({ conversationId, key }: { conversationId: string; key: string }): Promise<void> {
      const conversation = await to(conversationId);
      const channel = deps.channel(conversation.channelId);
      await withHeartbeat(ACTIVITY_DEADLINE_MS, (signal) => deliver(conversation, channel, key, signal));
    },

    /** Ends the spinner on a pressed button and takes the buttons away. */
    async acknowledgeButton({ conversationId, callbackId, notice, messageId }: ButtonPress): Promise<void> {
      const conversation = await to(conversationId);
      const channel = deps.channel(conversation.channelId);
      await withHeartbeat(BUTTON_DEADLINE_MS, async (signal) => {
        try {
          await channel.acknowledgeButton(callbackId, notice, signal);
          if (messageId !== undefined && notice === undefined) {
            await channel.removeButtons(conversation.chatId, messageId, signal);
          }
        } catch (error) {
          throw toActivityFailure(error);
        }
      });
    },
  };
  return { activities, say };
}

export type SendActivities = ReturnType<typeof createSendActivities>['activities'];

export interface ButtonPress {
  conversationId: string;
  callbackId: string;
  /** Why nothing will happen, if so. */
  notice?: string;
  /** The message under which the button stood. */
  messageId?: string;
}

const isSettled = (row: SendRow): boolean => row.state !== 'pending' && row.state !== 'sending';

const questionId = (report: SendReport): string =>
  report.state === 'sent' ? (report.platformIds.at(-1) ?? '0') : '0';

function toReport(rows: SendRow[]): SendReport {
  const refused = rows.find((row) => row.state === 'refused');
  if (refused) return { state: 'refused', reason: refused.reason ?? 'other' };
  if (rows.some((row) => row.state === 'unknown')) return { state: 'unknown' };
  return { state: 'sent', platformIds: rows.flatMap((row) => row.channelMessageId ?? []) };
}
