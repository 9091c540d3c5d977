import { z } from 'zod';

/** So many in a minute, saved up to a minute's worth. */
const perMinute = (fallback: number) =>
  z
    .int('must be a whole number')
    .min(0, 'must not be negative; 0 is no limit')
    .max(10_000_000, 'is no limit: say 0')
    .default(fallback);

/** How much of what comes in is served, and how much is kept while it cannot be. */
export const limits = z.strictObject({
  /** Requests of /api/v1. */
  api: z.strictObject({ perKey: perMinute(100), perTenant: perMinute(1_000) }).prefault({}),
  /** Files sent to the API, beside the limits of all requests. */
  uploads: z.strictObject({ perKey: perMinute(10), perTenant: perMinute(100) }).prefault({}),
  /** Messages that are served: what a customer writes above it is kept and not answered, what a tenant gets waits. */
  messages: z.strictObject({ perCustomer: perMinute(60), perTenant: perMinute(0) }).prefault({}),
  /** What may lie in the database and wait for the engine, in megabytes; above it platforms are asked to come again. */
  backlogMb: z
    .number('must be a number of megabytes')
    .positive('must be above 0')
    .max(1_000_000)
    .default(1_024),
});

export type Limits = z.infer<typeof limits>;
