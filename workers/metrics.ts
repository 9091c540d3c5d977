import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { requestDurations } from '../api/middleware/observe.ts';

/**
 * What a process counts. One registry for each, served at /metrics. Names without `dirigent_` are agreed with
 * people who draw boards over several products; see docs/operations.md.
 */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
    requests: requestDurations(registry),
    messages: new Counter({
      name: 'messages_total',
      help: 'Messages of customers stored (inbound) and messages that a platform took (outbound).',
      labelNames: ['tenant', 'channel', 'direction'],
      registers,
    }),
    conversations: new Gauge({
      name: 'conversations_total',
      help: 'Conversations in which a run is at work or waits for a person. Told by the process that watches.',
      labelNames: ['tenant', 'channel', 'status'],
      registers,
    }),
    queueSize: new Gauge({
      name: 'queue_size',
      help: 'Work that waits now, by queue. Told by the process that watches.',
      labelNames: ['queue'],
      registers,
    }),
    llmCalls: new Counter({
      name: 'llm_calls_total',
      help: 'Attempts to call a model, by how they ended.',
      labelNames: ['provider', 'outcome'],
      registers,
    }),
    alarmsOpen: new Gauge({
      name: 'dirigent_alarms_open',
      help: 'Alarms that are open now. Told by the process that watches.',
      labelNames: ['severity'],
      registers,
    }),
    noticesUndelivered: new Gauge({
      name: 'dirigent_alarm_notices_undelivered',
      help: 'Alarms and all-clears that did not reach their chat yet. Told by the process that watches.',
      registers,
    }),
    webhookPending: new Gauge({
      name: 'dirigent_webhook_pending_updates',
      help: 'Updates that wait at the platform. Told by the process that watches.',
      labelNames: ['tenant', 'channel'],
      registers,
    }),
    updates: new Counter({
      name: 'dirigent_updates_total',
      help: 'Updates of platforms taken in, by what they were understood as.',
      labelNames: ['tenant', 'channel', 'outcome'],
      registers,
    }),
    dispatchSeconds: new Histogram({
      name: 'dirigent_dispatch_wait_seconds',
      help: 'From the stored message to the accepted signal, for the oldest message of a signal.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300],
      registers,
    }),
    conversationsLeftBehind: new Gauge({
      name: 'dirigent_conversations_left_behind',
      help: 'Conversations with stored messages that the engine has not taken for seconds, at most 500 counted.',
      registers,
    }),
    intakeRefused: new Counter({
      name: 'dirigent_intake_refused_total',
      help: 'What was not stored, so that its sender delivers it again, by reason.',
      labelNames: ['reason'],
      registers,
    }),
    backlogMessages: new Gauge({
      name: 'dirigent_backlog_messages',
      help: 'What is stored and waits for the engine. Each API process tells the same.',
      registers,
    }),
    backlogBytes: new Gauge({
      name: 'dirigent_backlog_bytes',
      help: 'What that takes on disk, by the average of its kind. Each API process tells the same.',
      registers,
    }),
    backlogBudgetBytes: new Gauge({
      name: 'dirigent_backlog_budget_bytes',
      help: 'What it may take: above it platforms are asked to deliver again.',
      registers,
    }),
    limited: new Counter({
      name: 'dirigent_limited_total',
      help: 'Requests refused (api_key, api_tenant, uploads_key, uploads_tenant), messages not served (customer) or held back (tenant), by limit.',
      labelNames: ['limit'],
      registers,
    }),
    sendsUnknown: new Gauge({
      name: 'dirigent_sends_unknown',
      help: 'Sends of which nobody knows whether they arrived, by what they wait for: evidence, person. Told by the process that watches.',
      labelNames: ['waits_for'],
      registers,
    }),
    sendsResolved: new Counter({
      name: 'dirigent_sends_resolved_total',
      help: 'Sends in doubt settled without a person: found (probe), or sent once more (policy).',
      labelNames: ['by'],
      registers,
    }),
    retained: new Counter({
      name: 'dirigent_retention_rows_total',
      help: 'Rows that were deleted or emptied because of their age, by kind.',
      labelNames: ['kind'],
      registers,
    }),
    projectionLagSeconds: new Histogram({
      name: 'dirigent_projection_lag_seconds',
      help: 'Age of the newest history event when its row was written.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30],
      registers,
    }),
    projectionErrors: new Counter({
      name: 'dirigent_projection_errors_total',
      help: 'Histories that could not be read or folded; they are tried again.',
      registers,
    }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
