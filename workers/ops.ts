import type { Client } from '@temporalio/client';
import { sql } from 'drizzle-orm';
import type { Ops, SendLedger } from '../api/ops.ts';
import type { Settings } from '../config/settings.ts';
import type { Database } from '../db/client.ts';
import { listEvents } from '../db/queries/events-read.ts';
import { createLlmCallsRead } from '../db/queries/llm-calls-read.ts';
import { listSends } from '../db/queries/sends-read.ts';
import { resolveSend } from '../db/queries/sends-resolve.ts';
import { notifyHints } from './projector/hints.ts';
import { createRedelivery } from './redeliver.ts';
import { createRunControl } from './run-control.ts';

export interface OpsOptions {
  db: Database;
  client: Client;
  settings: Settings;
  onUnavailable: (error: unknown) => void;
}

/** What the person on call reads and decides, over this process's clients. */
export const createOps = (options: OpsOptions): Ops => ({
  runs: createRunControl({
    ...options,
    alone: (name, act) =>
      options.db.transaction(async (tx) => {
        await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${name}, 0))`);
        return act();
      }),
    hint: notifyHints({
      notify: async (channel, payload) => {
        await options.db.execute(sql`select pg_notify(${channel}, ${payload})`);
      },
    }),
  }),
  sends: createSendLedger(options),
  llmCalls: createLlmCallsRead(options.db),
  audit: { list: (tenantId, filter, page) => listEvents(options.db, tenantId, filter, page) },
});

/** The send ledger as the API reads and settles it. */
const createSendLedger = ({ db, client, settings, onUnavailable }: OpsOptions): SendLedger => ({
  list: (tenantId, filter, page) => listSends(db, tenantId, filter, page),
  resolve: (request) => resolveSend(db, request),
  deliver: createRedelivery({ client, taskQueue: settings.temporal.taskQueue, onUnavailable }),
});
