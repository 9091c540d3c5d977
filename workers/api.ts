import type { Client } from '@temporalio/client';
import { z } from 'zod';
import type { AppDeps, ProcessInfo, ReadinessCheck } from '../api/deps.ts';
import type { Database } from '../db/client.ts';
import { listAlarms } from '../db/queries/alarms.ts';
import { recordEvent } from '../db/queries/events.ts';
import { createRunsRead } from '../db/queries/runs-read.ts';
import type { ProcessDefinition, Trigger } from '../workflows/kit/definition.ts';
import type { Accounts } from './accounts.ts';
import type { AppOptions } from './app.ts';
import type { Bans } from './bans.ts';
import { createCodecEndpoint } from './encryption/endpoint.ts';
import type { startCallbacks } from './intake/callbacks.ts';
import type { startHooks } from './intake/hooks.ts';
import type { RunningIntake } from './intake/start.ts';
import { createRate } from './limits.ts';
import type { Metrics } from './metrics.ts';
import { createOps } from './ops.ts';
import { createPeople } from './people.ts';
import { createStarter } from './starter.ts';

export interface ApiParts extends AppOptions {
  processes: readonly ProcessDefinition[];
  db: Database;
  client: Client;
  accounts: Accounts;
  intake: RunningIntake;
  bans: Bans;
  hooks: ReturnType<typeof startHooks>;
  callbacks: ReturnType<typeof startCallbacks>;
  metrics: Metrics;
  readiness: ReadinessCheck[];
}

/** What the HTTP application is given: interfaces over this process's clients. */
export function composeApi(parts: ApiParts): AppDeps {
  const { settings, db, client, accounts, log } = parts;
  const processes = parts.processes.map(describe);
  const onUnavailable = (error: unknown) =>
    log.warn({ err: error }, 'Temporal did not take a request of the API.');
  const starter = createStarter({ client, settings, accounts, onUnavailable });
  const defaultTenant = settings.tenants[0]?.slug;
  const rate = (name: 'api' | 'uploads') =>
    createRate({
      db,
      name,
      limits: settings.limits[name],
      tenantId: (slug = defaultTenant) => (slug === undefined ? undefined : accounts.tenantId(slug)),
      onLimited: (limit) => parts.metrics.limited.inc({ limit }),
    });
  return {
    log,
    build: parts.build,
    apiToken: settings.apiToken,
    corsOrigins: settings.corsOrigins,
    metrics: parts.metrics.registry,
    readiness: parts.readiness,
    rates: { api: rate('api'), uploads: rate('uploads') },
    tenants: {
      resolve: async (slug = defaultTenant) => {
        const id = slug === undefined ? undefined : accounts.tenantId(slug);
        return id === undefined || slug === undefined ? undefined : { id, slug };
      },
    },
    intake: {
      channel(name) {
        const account = accounts.byName(name);
        const secret = account?.settings.webhookSecret;
        if (account?.settings.mode !== 'webhook' || secret === undefined) return undefined;
        return { id: account.channelId, secret };
      },
      accept(name, update, correlationId) {
        const account = accounts.byName(name);
        if (!account) throw new Error(`Channel ${name} vanished between the check and the store.`);
        return parts.intake.accept(account, update, correlationId);
      },
    },
    callbacks: parts.callbacks,
    callbackSigning: {
      secret: settings.callbacks.secret,
      required: settings.callbacks.requireSignature,
    },
    hooks: parts.hooks,
    runs: createRunsRead(db),
    starter,
    processes: { list: () => processes, get: (name) => processes.find((p) => p.name === name) },
    alarms: { list: (...request) => listAlarms(db, ...request) },
    prompts: [...settings.prompts].map(([ref, { text: _, ...prompt }]) => ({
      ...prompt,
      usedBy: settings.policies.filter((policy) => policy.prompt === ref),
    })),
    events: { record: (event) => recordEvent(db, event) },
    people: createPeople({
      db,
      client,
      accounts,
      intake: parts.intake,
      starter,
      bans: parts.bans,
      conversations: { taskQueue: settings.temporal.taskQueue, timing: settings.timing },
      onUnavailable,
    }),
    ops: createOps({ db, client, settings, onUnavailable }),
    codec: createCodecEndpoint(settings),
  };
}

function describe(definition: ProcessDefinition): ProcessInfo {
  return {
    name: definition.name,
    title: definition.title.en,
    description: definition.purpose,
    input: definition.input,
    triggers: definition.triggers.map((trigger) => describeTrigger(definition.name, trigger)),
    examples: definition.examples,
  };
}

/** What can be said of a trigger in JSON. */
function describeTrigger(process: string, trigger: Trigger): Record<string, unknown> {
  if (trigger.on === 'end') return { on: trigger.on, of: trigger.of };
  if (trigger.on !== 'webhook') return { ...trigger };
  const body = z.toJSONSchema(trigger.body, { io: 'input', unrepresentable: 'any' });
  return { on: trigger.on, path: `/hooks/${process}`, body_schema: body };
}
