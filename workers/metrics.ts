import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What a process counts. One registry for each, served at /metrics. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  return {
    registry,
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
