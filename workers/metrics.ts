import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** What the processes count. One registry per process, served at /metrics. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    messages: new Counter({
      name: 'messages_total',
      help: 'Updates taken in, by what they were understood as.',
      labelNames: ['tenant', 'channel', 'direction', 'outcome'],
      registers,
    }),
    dispatchSeconds: new Histogram({
      name: 'dispatch_wait_seconds',
      help: 'From the stored message to the accepted signal.',
      buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30, 300],
      registers,
    }),
    projectionLagSeconds: new Histogram({
      name: 'projection_lag_seconds',
      help: 'Age of the newest history event when its row was written.',
      buckets: [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 30],
      registers,
    }),
    projectionErrors: new Counter({
      name: 'projection_errors_total',
      help: 'Histories that could not be read or folded; they are tried again.',
      registers,
    }),
    up: new Gauge({ name: 'up_since_seconds', help: 'When this process started.', registers }),
  };
}

export type Metrics = ReturnType<typeof createMetrics>;
