/** What can be wrong with a bot account. */
export const CHANNEL_ALARMS = [
  'webhook_foreign',
  'webhook_missing',
  'webhook_failing',
  'webhook_pending',
  'channel_unreachable',
  'polling_silent',
] as const;

/** What can be wrong. Each kind has its sentences in the catalogue, as `alarm.<kind>`. */
export const ALARM_KINDS = [
  ...CHANNEL_ALARMS,
  'run_stuck',
  'undispatched',
  'unanswered',
  'budget_exhausted',
  'send_unknown',
  'projection_drift',
] as const;
export type AlarmKind = (typeof ALARM_KINDS)[number];

/** `critical`: customers are not served. `warning`: they will not be for long. */
export type AlarmSeverity = 'warning' | 'critical';

/** What the sentence of an alarm needs. Names, counts and error texts of machines; nothing of customers. */
export type AlarmWords = Readonly<Record<string, string | number>>;

/** Something that is wrong now. One alarm per tenant, kind and subject. */
export interface Trouble {
  tenantId: string;
  kind: AlarmKind;
  /** A channel's name, a process, or the tenant's slug. */
  subject: string;
  severity: AlarmSeverity;
  words: AlarmWords;
}
