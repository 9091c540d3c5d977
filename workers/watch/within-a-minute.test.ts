import type { Client } from '@temporalio/client';
import { defaultFailureConverter, defaultPayloadConverter } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { ENV } from '../../config/settings.fixture.ts';
import { loadSettings } from '../../config/settings.ts';
import type { Database } from '../../db/client.ts';
import { keyAt } from '../../db/queries/absence.ts';
import type { Trouble } from '../../domain/alarm.ts';
import { WORKFLOW_TASK_TIMEOUT } from '../../workflows/kit/start.ts';
import type { Alarms } from './alarms.ts';
import { NOTICE_MS } from './notices.ts';
import { createStuckWatch } from './stuck.ts';
import { createStuckFinder } from './stuck-find.ts';

const { alarms } = loadSettings({ env: ENV });
const { WORKFLOW_EXECUTION_STATUS_RUNNING } = proto.temporal.api.enums.v1.WorkflowExecutionStatus;

const ID = 'lead/7';
const TASK_MS = Number.parseInt(WORKFLOW_TASK_TIMEOUT, 10) * 1000;
const SECOND_PAUSE_MS = 5_000;
/** After so many failures in a row the server itself lists an execution. */
const REPORTED_AFTER = 5;

/**
 * When each attempt begins at the latest, in milliseconds since the first one failed. The SDK reports the first
 * failure alone and lets the others run into their timeout, which the server makes longer from the fourth on.
 */
const BEGINS = [0, 0];
for (let attempt = 2; BEGINS.length < 10; attempt++) {
  const longer = attempt > 3 ? SECOND_PAUSE_MS * 2 ** (attempt - 4) : 0;
  BEGINS.push((BEGINS.at(-1) ?? 0) + TASK_MS + longer);
}
const attemptAt = (ms: number) => BEGINS.filter((begins) => begins <= ms).length;

const isKey = (param: unknown) => typeof param === 'string' && param.length === keyAt(0).length;

/** How long after the first failure the alarm is raised, where the watch looks `phase` after it for the first time. */
async function raisedAfter(phase: number, heard: 'a message' | 'nothing'): Promise<number> {
  const start = Date.parse('2026-11-01T10:00:00Z');
  let passed = phase;
  const raised: Trouble[] = [];
  const failed = {
    eventTime: msToTs(start),
    workflowTaskFailedEventAttributes: { failure: { message: 'x is not a function' } },
  };
  const client = {
    options: {
      namespace: 'default',
      loadedDataConverter: {
        payloadConverter: defaultPayloadConverter,
        failureConverter: defaultFailureConverter,
        payloadCodecs: [],
      },
    },
    workflowService: {
      listWorkflowExecutions: async () => ({
        executions: attemptAt(passed) > REPORTED_AFTER ? [{ execution: { workflowId: ID } }] : [],
      }),
      describeWorkflowExecution: async () => ({
        workflowExecutionInfo: {
          status: WORKFLOW_EXECUTION_STATUS_RUNNING,
          execution: { runId: 'r' },
          type: { name: 'lead' },
        },
        pendingWorkflowTask: { attempt: attemptAt(passed) },
      }),
      getWorkflowExecutionHistoryReverse: async () => ({ history: { events: [failed] } }),
    },
  } as unknown as Client;
  // The message that moved it came when it first failed: whoever asks for messages up to a later time finds it.
  const covers = (query: SQL) =>
    new PgDialect().sqlToQuery(query).params.some((key) => String(key) > keyAt(start) && isKey(key));
  const db = {
    execute: async (query: SQL) =>
      heard === 'a message' && covers(query) ? [{ workflow_id: ID, conversation_id: null }] : [],
    select: () => ({
      from: () => ({ where: async () => [{ tenantId: 't', process: 'lead', conversationId: null }] }),
    }),
  } as unknown as Database;
  const watch = createStuckWatch({
    db,
    finder: createStuckFinder(client, 'conversations'),
    alarms: {
      open: async () => [],
      settle: async (_: unknown, troubles: Trouble[]) => {
        raised.push(...troubles);
        return [];
      },
    } as unknown as Alarms,
    log: pino({ level: 'silent' }),
    project: async () => 'unchanged',
    tell: async () => undefined,
    now: () => start + passed,
  });
  for (; passed < 10 * 60_000; passed += alarms.checkMs) {
    await watch.run(AbortSignal.timeout(60_000));
    if (raised.length > 0) break;
  }
  expect(raised).toMatchObject([
    { kind: 'run_stuck', subject: 'lead', words: { cause: 'x is not a function' } },
  ]);
  return passed;
}

describe('the people on call hear of a run whose task keeps failing, by the settings as they come', () => {
  /** The watch may look at any moment. */
  const phases = Array.from({ length: Math.ceil(alarms.checkMs / 1000) }, (_, second) => second * 1000);
  const worst = async (heard: 'a message' | 'nothing') =>
    Math.max(...(await Promise.all(phases.map((phase) => raisedAfter(phase, heard))))) + NOTICE_MS;

  it('within half a minute where a message moved it', async () => {
    expect(await worst('a message')).toBeLessThan(30_000);
  });

  it('within a minute where nothing but its own timer did', async () => {
    expect(await worst('nothing')).toBeLessThan(60_000);
  });
});
