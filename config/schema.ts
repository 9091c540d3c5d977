import { isSupportedCountry } from 'libphonenumber-js';
import { z } from 'zod';
import { LOCALES } from '../domain/locale.ts';
import { DEFAULT_TIMING, type Timing } from '../domain/timing.ts';
import { encryption } from './encryption.ts';
import { limits } from './limits.ts';
import { retention } from './retention.ts';

/** Used in paths, ids and metrics labels. */
const name = z
  .string('is missing')
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 lower-case letters, digits, "-" or "_"');

const httpUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
  .transform((url) => url.replace(/\/+$/, ''));

export const TELEGRAM_API = 'https://api.telegram.org';

const telegramChannel = z
  .strictObject({
    name,
    kind: z.literal('telegram', 'must be telegram').default('telegram'),
    token: z
      .string('Telegram bot token is missing; @BotFather gives one')
      .regex(/^\d+:[A-Za-z0-9_-]+$/, 'must look like <digits>:<secret>, as @BotFather gave it'),
    apiRoot: httpUrl.default(TELEGRAM_API),
    mode: z.enum(['webhook', 'polling'], 'must be webhook or polling').optional(),
    webhookSecret: z
      .string('must be a text')
      .regex(/^[A-Za-z0-9_-]{1,256}$/, 'must be 1 to 256 letters, digits, "-" or "_"')
      .optional(),
    /** Nothing but this installation sends with this token: only then may a send in doubt be looked for. */
    soleSender: z.boolean('must be true or false').default(true),
  })
  .transform((channel) => ({ ...channel, mode: channel.mode ?? defaultMode(channel) }));

/** A secret only makes sense with a webhook; without one, polling needs nothing else. */
export const defaultMode = (channel: { webhookSecret?: unknown }): 'webhook' | 'polling' =>
  channel.webhookSecret === undefined ? 'polling' : 'webhook';

const bitrix = z.strictObject({
  webhookUrl: z
    .url({ protocol: /^https?$/, error: 'must be the URL of an inbound Bitrix24 webhook' })
    .refine((url) => /\/rest\/\d+\/[^/?#]+\/?$/.test(url), {
      error: 'must look like https://<portal>/rest/<user id>/<code>/',
      abort: true,
    })
    .transform((url) => url.replace(/\/*$/, '/')),
  /** What the portal's plan allows: 2, or 5 for Enterprise. Its limit is per portal and source address. */
  requestsPerSecond: z
    .number('must be a number')
    .positive('must be above 0')
    .max(10_000, 'is more than any portal takes')
    .optional(),
});

/** By name of the process: what a delivery to its webhook proves itself with. */
const hooks = z.record(
  z.string().regex(/^[a-z][a-z0-9_]*$/, 'must be the name of a process'),
  z.strictObject({
    secret: z
      .string('is missing; any long random text')
      .regex(/^[\x21-\x7e]{16,}$/, 'must be at least 16 printable ASCII characters without spaces'),
  }),
);

const tenant = z.strictObject({
  slug: name,
  name: z.string('must be a text').min(1, 'is empty').optional(),
  defaultLocale: z.enum(LOCALES, `must be one of ${LOCALES.join(', ')}`).default('ru'),
  country: z
    .string('must be a two-letter country code')
    .refine((code) => isSupportedCountry(code), 'must be a two-letter ISO 3166 country code, like KZ')
    .default('KZ'),
  consentUrl: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
  currency: z
    .string('must be a text')
    .regex(/^[A-Z]{3}$/, 'must be a three-letter ISO 4217 code, like KZT')
    .default('KZT'),
  privacy: z
    .strictObject({
      leads: z.enum(['erase', 'keep_for_crm'], 'must be erase or keep_for_crm').default('erase'),
    })
    .prefault({}),
  channels: z.array(telegramChannel, 'must be a list').default([]),
  bitrix: bitrix.optional(),
  hooks: hooks.default({}),
});

const ms = (fallback: number) =>
  z
    .int('must be a whole number of milliseconds')
    .min(1, 'must be at least 1 ms')
    .max(2_147_483_647, 'must be below 25 days')
    .default(fallback);
const count = (fallback: number) =>
  z.int('must be a whole number').min(0, 'must not be negative').default(fallback);

const timing = z.strictObject({
  askTimeoutMs: ms(DEFAULT_TIMING.askTimeoutMs),
  /** 0: never. */
  askReminderMs: count(DEFAULT_TIMING.askReminderMs),
  crmWaitMs: ms(DEFAULT_TIMING.crmWaitMs),
  quietMs: ms(DEFAULT_TIMING.quietMs),
  unclearWriteMs: ms(DEFAULT_TIMING.unclearWriteMs),
  secondLookMs: count(DEFAULT_TIMING.secondLookMs),
  outagePauseMs: ms(DEFAULT_TIMING.outagePauseMs),
  outagePauseMaxMs: ms(DEFAULT_TIMING.outagePauseMaxMs),
  amendWindowMs: ms(DEFAULT_TIMING.amendWindowMs),
  maxAmendments: count(DEFAULT_TIMING.maxAmendments),
  albumHoldMs: ms(DEFAULT_TIMING.albumHoldMs),
  /** When a customer who waits reads an honest "working on it". */
  workingOnItMs: ms(3_000),
} satisfies Record<keyof Timing, z.ZodType> & Record<'workingOnItMs', z.ZodType>);

/** Who hears that something is wrong, and when it counts as wrong. */
const alarms = z.strictObject({
  /** Without it alarms are seen in the API and the metrics only. */
  telegramChatId: z
    .string('must be a text')
    .regex(/^-?\d{1,20}$/, 'must be the number of a Telegram chat, negative for groups')
    .optional(),
  /** The bot account that tells; the first of the default tenant unless named. */
  channel: name.optional(),
  /** How often webhooks are looked at. */
  webhookCheckMs: ms(60_000),
  /** How often everything else is looked at. */
  checkMs: ms(15_000),
  /** Updates waiting at the platform that are too many. */
  pendingUpdates: count(100),
  undispatchedAfterMs: ms(60_000),
  unansweredAfterMs: ms(300_000),
  /** How long after the last answer to a poll a channel counts as silent. */
  pollingSilentMs: ms(180_000),
  /** How often rows of runs are compared with their histories, and how many of them. */
  driftCheckMs: ms(300_000),
  driftSample: count(50),
});

/** How a send of which nobody knows whether it arrived is settled. */
const sends = z.strictObject({
  /** How long after the attempt it is looked for first; each further pause is three times as long. */
  lookAfterMs: ms(10_000),
  /** Looks without proof after which the policy of what was said decides. */
  looks: z.int('must be a whole number').min(1, 'must be at least 1').max(8, 'must be at most 8').default(3),
});

/** Everything but `llm`, `policies` and `budgets`, which have schemas of their own. */
export const settingsSchema = z.strictObject({
  databaseUrl: z
    .string('is missing')
    .regex(
      /^postgres(ql)?:\/\/\S+$/,
      'must be a PostgreSQL URL: postgres://user:password@host:5432/database',
    ),
  temporal: z
    .strictObject({
      address: z
        .string('must be a text')
        .regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port')
        .default('127.0.0.1:7233'),
      namespace: z.string('must be a text').min(1, 'is empty').default('default'),
      taskQueue: z.string('must be a text').min(1, 'is empty').default('conversations'),
    })
    .prefault({}),
  dataDir: z.string('must be a path').min(1, 'is empty').default('.data'),
  /** `dir`: a folder of prompts beside those that the product brings along. */
  prompts: z.strictObject({ dir: z.string('must be a path').min(1, 'is empty').optional() }).prefault({}),
  logLevel: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be one of trace, debug, info, warn, error, fatal, silent',
    )
    .default('info'),
  port: z
    .int('must be a port number')
    .min(0, 'must be 0 to 65535')
    .max(65_535, 'must be 0 to 65535')
    .default(8080),
  publicUrl: httpUrl.optional(),
  apiToken: z
    .string('is missing; any long random text')
    .regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces')
    .regex(/^(?!sha256:)|^sha256:[0-9a-f]{64}$/, 'must have 64 hex digits in lower case after sha256:'),
  callbacks: z
    .strictObject({
      /** Shared with providers that sign what they call back with. */
      secret: z.string('must be a text').min(1, 'is empty').optional(),
      requireSignature: z.boolean('must be true or false').default(false),
    })
    .prefault({}),
  encryption,
  /** Browser origins that may call /api/v1. */
  corsOrigins: z.array(httpUrl, 'must be a list').default([]),
  tenants: z.array(tenant, 'must be a list').min(1, 'must name at least one tenant'),
  /** Who reads what a message wants. `rules` cost nothing and know the words of the processes only. */
  intents: z.enum(['model', 'rules'], 'must be model or rules').default('model'),
  timing: timing.prefault({}),
  alarms: alarms.prefault({}),
  limits: limits.prefault({}),
  sends: sends.prefault({}),
  retention: retention.prefault({}),
});
