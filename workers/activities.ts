import type { Client } from '@temporalio/client';
import { createCallbackActivities } from '../activities/callback/activities.ts';
import { createCrmActivities } from '../activities/crm/activities.ts';
import { createBitrixClient } from '../activities/crm/bitrix24/client.ts';
import { createBitrix24Crm } from '../activities/crm/bitrix24/crm.ts';
import { createLimiter } from '../activities/crm/bitrix24/limiter.ts';
import type { Crm } from '../activities/crm/contract.ts';
import { createFollowUpActivities } from '../activities/followup/activities.ts';
import { createForgetActivities } from '../activities/forget/activities.ts';
import type { Llm } from '../activities/llm/llm.ts';
import { createRetentionActivities } from '../activities/retention/activities.ts';
import { createSendActivities } from '../activities/send/activities.ts';
import { createGovernor, type SendLimits, TELEGRAM_LIMITS } from '../activities/send/governor.ts';
import { createStoreActivities } from '../activities/store/activities.ts';
import { createThinkActivities } from '../activities/think/activities.ts';
import { createInstruct } from '../activities/think/instructions.ts';
import type { Logger } from '../config/logger.ts';
import type { Settings } from '../config/settings.ts';
import type { Database, SqlClient } from '../db/client.ts';
import { createChatLocks } from '../db/locks.ts';
import { findConversation } from '../db/queries/conversations.ts';
import { withdrawPending } from '../db/queries/sends.ts';
import { ProviderError } from '../domain/failure.ts';
import type { ProcessDefinition } from '../workflows/kit/definition.ts';
import type { Accounts } from './accounts.ts';
import { createQuestionDesk } from './desk.ts';
import { createHistories } from './histories.ts';
import { intentCandidates, intentsByRule } from './intents.ts';

export interface ActivityParts {
  settings: Settings;
  db: Database;
  /** Connections that hold the locks of chats being sent to; as many as `maxLocks`. */
  locks: SqlClient;
  maxLocks: number;
  client: Client;
  accounts: Accounts;
  llm: Llm;
  processes: readonly ProcessDefinition[];
  log: Logger;
  limits?: SendLimits;
  /** Called when retention has deleted rows. */
  onDeleted?: ((what: string, rows: number) => void) | undefined;
}

/** Time zone in which customers of a country read times, until a tenant says otherwise. */
export const TIME_ZONE = 'Asia/Almaty';

/** Puts the activities together from settings, clients and queries. */
export function composeActivities(parts: ActivityParts) {
  const { db, settings, accounts, llm, log } = parts;
  const sending = createSendActivities({
    db,
    locks: createChatLocks(parts.locks, parts.maxLocks),
    governor: createGovernor(db, parts.limits ?? TELEGRAM_LIMITS),
    channel: (channelId) => accounts.byChannelId(channelId).channel,
    desk: createQuestionDesk(parts.client, {
      taskQueue: settings.temporal.taskQueue,
      timing: settings.timing,
    }),
  });
  const crmOf = crms(accounts);
  const hasCrm = (tenantId: string) => accounts.tenant(tenantId).bitrix !== undefined;
  const instruct = createInstruct(settings.policies, settings.prompts);
  const { tenant } = accounts;
  const followUp = createFollowUpActivities({ db, llm, instruct, crm: crmOf, hasCrm, tenant });
  return {
    ...sending.activities,
    ...createCallbackActivities({ db }),
    ...createStoreActivities({
      db,
      hasCrm,
      consentUrl: (tenantId) => accounts.tenant(tenantId).consentUrl,
      timeZone: TIME_ZONE,
      intentOf: intentsByRule(settings, parts.processes),
    }),
    ...createThinkActivities({
      db,
      llm,
      log,
      candidates: intentCandidates(parts.processes),
      instruct,
      tenant: (tenantId) => accounts.tenant(tenantId),
      workingOnItMs: settings.timing.workingOnItMs,
      async typing(conversationId, signal) {
        const row = await findConversation(db, conversationId);
        if (row) await accounts.byChannelId(row.channelId).channel.typing(row.chatId, signal);
      },
      say: sending.say,
      withdraw: (tenantId, key) => withdrawPending(db, tenantId, key),
    }),
    ...createCrmActivities({ db, crm: crmOf }),
    ...followUp.outside,
    ...followUp.own,
    ...createRetentionActivities({ db, settings: settings.retention, onDeleted: parts.onDeleted }),
    ...createForgetActivities({
      db,
      histories: createHistories(parts.client),
      keepsLeads: (tenantId) => accounts.tenant(tenantId).privacy.leads === 'keep_for_crm',
      crm: crmOf,
    }),
  };
}

/** One client per tenant for the life of the process: it holds the portal's budget. */
function crms(accounts: Accounts): (tenantId: string) => Crm {
  const known = new Map<string, Crm>();
  return (tenantId) => {
    const existing = known.get(tenantId);
    if (existing) return existing;
    const { slug, bitrix } = accounts.tenant(tenantId);
    if (!bitrix) {
      throw new ProviderError({
        provider: 'bitrix24',
        class: 'misconfigured',
        message: `Tenant ${slug} has no CRM: set BITRIX_WEBHOOK_URL or its "bitrix" in config.yaml.`,
      });
    }
    const { webhookUrl, requestsPerSecond } = bitrix;
    const limiter = createLimiter(requestsPerSecond === undefined ? {} : budget(requestsPerSecond));
    const crm = createBitrix24Crm({ client: createBitrixClient({ webhookUrl, limiter }) });
    known.set(tenantId, crm);
    return crm;
  };
}

/** A portal lets through at once what it drains in some seconds; a fifth of that leaves room for other processes. */
const budget = (perSecond: number) => ({ perSecond, burst: Math.max(1, perSecond * 5) });
