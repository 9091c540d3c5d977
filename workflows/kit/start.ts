import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import type { TurnMessage } from '../../domain/envelope.ts';
import type { Locale } from '../../domain/locale.ts';
import type { Timing } from '../../domain/timing.ts';

/** The one argument of every run. References only: nothing a customer wrote. */
export interface RunStart {
  /** Checked against the process's schema inside the run. */
  input: unknown;
  tenantId: string;
  tenantSlug: string;
  customerId?: string;
  conversationId?: string;
  locale: Locale;
  /** ISO 3166 code whose local phone forms customers write. */
  country: string;
  correlationId: string;
  /** The messages that made it start. */
  messages: TurnMessage[];
  timing: Timing;
  /** What the messages were understood to mean, where a model or rules decided. */
  intent?: string;
}

/** What a schedule starts every run with: nothing in it may differ from one firing to the next. */
export type ScheduledStart = Omit<RunStart, 'correlationId'>;

/** Search attributes: few, plain text, never personal. Ops filter by them in the Temporal UI. */
export const TENANT = defineSearchAttributeKey('Tenant', SearchAttributeType.KEYWORD);
export const PROCESS = defineSearchAttributeKey('Process', SearchAttributeType.KEYWORD);
export const RUN_STATE = defineSearchAttributeKey('RunState', SearchAttributeType.KEYWORD);
export const WAITING_ON = defineSearchAttributeKey('WaitingOn', SearchAttributeType.KEYWORD);
export const SEARCH_ATTRIBUTES = [TENANT, PROCESS, RUN_STATE, WAITING_ON];

/** Memo of a run: what the projection needs and the UI shows beside it. */
function runMemo(process: string, start: RunStart | ScheduledStart): Record<string, string> {
  return {
    tenantId: start.tenantId,
    process,
    ...('correlationId' in start ? { correlationId: start.correlationId } : {}),
    ...(start.customerId === undefined ? {} : { customerId: start.customerId }),
    ...(start.conversationId === undefined ? {} : { conversationId: start.conversationId }),
  };
}

/** Seconds, not the default ten: a workflow task on a killed worker is given to another after this. */
export const WORKFLOW_TASK_TIMEOUT = '4s' as const;

/** What every start of a run says about it; `memo` holds what is known besides. */
export const runOptions = (
  process: string,
  start: RunStart | ScheduledStart,
  memo: Record<string, string> = {},
) => ({
  workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
  memo: { ...runMemo(process, start), ...memo },
  typedSearchAttributes: [
    { key: TENANT, value: start.tenantSlug },
    { key: PROCESS, value: process },
    { key: RUN_STATE, value: 'running' },
  ],
});
