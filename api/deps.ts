import type { Registry } from 'prom-client';
import type { ZodError, z } from 'zod';
import type { AlarmRow } from '../db/queries/alarms.ts';
import type { EventToRecord } from '../db/queries/events.ts';
import type { Page, PageRequest } from '../db/queries/page.ts';
import type { RunsRead } from '../db/queries/runs-read.ts';
import type { TakeRate } from './middleware/rate.ts';
import type { Ops } from './ops.ts';
import type { People } from './people.ts';

/** Everything the application needs; it composes nothing and opens no port itself. */
export interface AppDeps {
  log: Log;
  build: BuildInfo;
  /** Bearer token of /api/v1, or its hash: `sha256:` and hex. */
  apiToken: string;
  /** Browser origins that may call /api/v1; empty for none. */
  corsOrigins: readonly string[];
  metrics: Registry;
  /** What callers of /api/v1 may ask, and how often they may send files. */
  rates: { api: TakeRate; uploads: TakeRate };
  readiness: readonly ReadinessCheck[];
  tenants: TenantDirectory;
  intake: Intake;
  callbacks: Callbacks;
  /** How providers sign what they call back with. */
  callbackSigning: { secret: string | undefined; required: boolean };
  hooks: Hooks;
  runs: RunsRead;
  starter: RunStarter;
  processes: ProcessDirectory;
  alarms: AlarmsRead;
  prompts: readonly PromptInfo[];
  events: EventRecorder;
  ops: Ops;
  codec: CodecEndpoint;
  people: People;
}

/** A payload in its JSON form: bytes in Base64. */
export interface WirePayload {
  metadata?: Record<string, string> | undefined;
  data?: string | undefined;
}

/** Payloads of the engine, encrypted and decrypted for its UI, and who may ask for that. */
export interface CodecEndpoint {
  encode(payloads: readonly WirePayload[]): Promise<Converted>;
  decode(payloads: readonly WirePayload[]): Promise<Converted>;
  /** Origins that pages of the UI come from. */
  uiOrigins: readonly string[];
  /** Part of the address for a UI without a login; without one there is no such address. */
  uiSecret: string | undefined;
  /** Signs the cookies of the login page. */
  sessionKey: Buffer;
  /** Whether the issuer of the UI's login vouches for this token. Rejects when it cannot be asked. */
  verify?: (token: string) => Promise<boolean>;
}

/** All of them, or why one cannot be read. */
export type Converted = { payloads: WirePayload[] } | { unreadable: string };

export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export interface BuildInfo {
  version: string;
  commit: string;
  builtAt: string | null;
}

/** A dependency without which requests or runs fail. */
export interface ReadinessCheck {
  name: string;
  /**
   * Resolves while the dependency is usable, where that is worth it with a note; rejects with the reason otherwise.
   * Must end on abort.
   */
  check(signal: AbortSignal): Promise<string | undefined>;
  /** Default 2000 ms. */
  timeoutMs?: number;
}

export interface TenantDirectory {
  /** By slug; without one the installation's default tenant, where there is one. */
  resolve(slug: string | undefined): Promise<{ id: string; slug: string } | undefined>;
}

export type TelegramUpdate = { update_id: number } & Record<string, unknown>;

export interface Intake {
  /** The channel that takes webhooks under this name; undefined also for one that polls. */
  channel(name: string): { id: string; secret: string } | undefined;
  /**
   * Commits the update, whatever its shape, and wakes the dispatcher. Throws only when it was not stored:
   * the platform is then asked to deliver again. Text may hold what PostgreSQL refuses: see `storable`.
   */
  accept(
    channelName: string,
    update: TelegramUpdate,
    correlationId: string,
  ): Promise<'stored' | 'duplicate' | 'ignored'>;
}

/** A callback that the caller has shown to know the address of. */
export interface OpenCallback {
  tenantId: string;
  callbackId: string;
  secret: string;
  workflowId: string;
  correlationId: string;
}

export interface Callbacks {
  /** The callback whose address ends in this token; undefined for a wrong secret as for an unknown id. */
  find(token: string): Promise<OpenCallback | undefined>;
  /**
   * Commits the first answer and wakes whoever tells the run. `late`: nobody waits for it any more. Throws
   * only when it was not stored.
   */
  accept(callback: OpenCallback, body: object): Promise<'stored' | 'repeated' | 'late'>;
}

/** A body made into a run's input and, where the process finds one in it, the name of the delivery. */
export type HookBody = { input: unknown; id?: string } | { refused: ZodError };

/** The webhook of a process, of one tenant. */
export interface Hook {
  tenantId: string;
  process: string;
  /** Its own; without one nobody is let in. */
  secret: string | undefined;
  read(body: unknown): HookBody;
}

export interface HookDelivery {
  tenantId: string;
  process: string;
  /** Hash of the sender's name for it: the same key is the same delivery, for as long as its row is kept. */
  key: string;
  input: unknown;
  /** Hash of what was sent. */
  fingerprint: string;
  correlationId: string;
}

export interface Hooks {
  /** Undefined for a process without a webhook, and for one that has no secret for this tenant. */
  find(process: string, tenantSlug: string | undefined): Hook | undefined;
  /** Commits the delivery and wakes whoever starts the run. Throws only when it was not stored. */
  accept(delivery: HookDelivery): Promise<{ kind: 'stored' | 'existing' | 'conflict'; workflowId: string }>;
}

export interface StartRequest {
  tenantId: string;
  process: string;
  /** Derived from tenant, process and the caller's key, so the same key means the same run. */
  workflowId: string;
  /** As the process's schema parsed it. */
  input: unknown;
  /**
   * Hash of what the caller sent. Keep it with the run (memo): a start under the same workflow id with
   * another fingerprint is a conflict.
   */
  fingerprint: string;
  correlationId: string;
  actor: string;
}

export type StartResult =
  | { kind: 'started' | 'existing'; workflowId: string; runId: string }
  | { kind: 'conflict' }
  | { kind: 'unavailable' };

export interface CancelRequest {
  workflowId: string;
  /** First run of the chain: a later run under the same workflow id must not be hit. */
  firstRunId: string;
  /** Its newest execution, as far as the projection knows. */
  currentRunId: string;
  reason: string;
  correlationId: string;
  actor: string;
}

export type CancelResult = 'requested' | 'closed' | 'unavailable';

/** Starts and cancels runs in the engine. Never throws for an engine that is down. */
export interface RunStarter {
  start(request: StartRequest): Promise<StartResult>;
  /** Asks the run to end; it cleans up first, so it may stay open for a while. */
  cancel(request: CancelRequest): Promise<CancelResult>;
}

/** What the API tells about a process definition. */
export interface ProcessInfo {
  name: string;
  title: string;
  description?: string;
  /** Parsed at the edge; its JSON Schema is published. */
  input: z.ZodType;
  output?: z.ZodType;
  triggers: ReadonlyArray<Readonly<Record<string, unknown>>>;
  /** What the customer writes and presses, and how it ends. */
  examples: readonly unknown[];
}

export interface ProcessDirectory {
  list(): readonly ProcessInfo[];
  get(name: string): ProcessInfo | undefined;
}

export interface AlarmsRead {
  /** Newest first; those open now or over where that is said. */
  list(tenantId: string, open: boolean | undefined, page: PageRequest): Promise<Page<AlarmRow>>;
}

/** One version of the instructions for models, and the policies that use it. */
export interface PromptInfo {
  name: string;
  version: number;
  task: string;
  about: string;
  /** SHA-256 of the file, in hex. */
  hash: string;
  usedBy: ReadonlyArray<{
    name: string;
    version: number;
    roles: readonly string[];
    when: { tenant?: string | undefined; process?: string | undefined; intent?: string | undefined };
  }>;
}

export interface EventRecorder {
  record(event: EventToRecord): Promise<void>;
}

/** Values that a request carries through its handlers. */
export interface AppEnv {
  Variables: { requestId: string };
}
