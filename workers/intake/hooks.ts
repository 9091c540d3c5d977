import type { z } from 'zod';
import type { Hook, HookBody, Hooks, RunStarter } from '../../api/deps.ts';
import { hookWorkflowId } from '../../api/idempotency.ts';
import type { Logger } from '../../config/logger.ts';
import type { TenantSettings } from '../../config/settings.ts';
import type { Database } from '../../db/client.ts';
import {
  deliveriesLeftBehind,
  openDelivery,
  settleDelivery,
  storeDelivery,
} from '../../db/queries/deliveries.ts';
import type { ProcessDefinition, WebhookTrigger } from '../../workflows/kit/definition.ts';
import { createPump } from './pump.ts';
import type { IntakeState } from './state.ts';

export interface HookOptions {
  db: Database;
  guard: IntakeState['guard'];
  starter: Pick<RunStarter, 'start'>;
  processes: readonly ProcessDefinition[];
  /** The first one is meant where none is named. */
  tenants: readonly TenantSettings[];
  tenantId(slug: string): string | undefined;
  log: Logger;
}

/**
 * Takes in what other systems deliver to processes with a webhook trigger: stored first, then the run is
 * started, by a sweep where the engine was away. Starting twice is harmless: the delivery names the run.
 */
export function startHooks(options: HookOptions): Hooks & { stop(): Promise<void> } {
  const { db, starter, processes, tenants, log } = options;
  const hooked = new Map(
    processes.flatMap((definition) => {
      const trigger = definition.triggers.find((t) => t.on === 'webhook');
      return trigger === undefined ? [] : [[definition.name, { definition, trigger }] as const];
    }),
  );
  for (const fault of hookFaults([...hooked.keys()], tenants)) log.warn(fault, 'A webhook cannot be used.');

  const pump = createPump({
    log,
    what: 'Deliveries',
    async deliver(id) {
      const row = await openDelivery(db, id);
      if (!row) return false;
      const { tenantId, process, workflowId, input, fingerprint, correlationId } = row;
      if (!hooked.has(process)) {
        log.error({ correlationId, workflowId, process }, 'A delivery is for a process that is no more.');
        await settleDelivery(db, id, 'the process is no more');
        return false;
      }
      const actor = `hook:${process}`;
      const request = { tenantId, process, workflowId, input, fingerprint, correlationId, actor };
      const started = await starter.start(request);
      if (started.kind === 'unavailable') throw new Error('Temporal did not take the start of a run.');
      await settleDelivery(db, id, started.kind === 'conflict' ? 'a run has this id already' : undefined);
      return false;
    },
    leftBehind: (olderThanMs, limit) => deliveriesLeftBehind(db, olderThanMs, limit),
  });
  pump.start();

  return {
    find(process, slug = tenants[0]?.slug): Hook | undefined {
      const found = hooked.get(process);
      const secret = tenants.find((tenant) => tenant.slug === slug)?.hooks[process]?.secret;
      const tenantId = slug === undefined ? undefined : options.tenantId(slug);
      if (found === undefined || tenantId === undefined || secret === undefined) return undefined;
      return {
        tenantId,
        process,
        secret,
        read: (body) => readBody(found.definition, found.trigger, body),
      };
    },
    async accept(delivery) {
      const workflowId = hookWorkflowId(delivery.process, delivery.tenantId, delivery.key);
      const stored = await options.guard(() => storeDelivery(db, { ...delivery, workflowId }));
      const { correlationId, process } = delivery;
      log.info({ correlationId, process, workflowId, outcome: stored.kind }, 'delivery');
      if (stored.kind === 'stored') pump.nudge(stored.id);
      return { kind: stored.kind, workflowId };
    },
    stop: pump.stop,
  };
}

/** A body as the trigger's schema reads it, made into the input that the process takes. */
function readBody(definition: ProcessDefinition, trigger: WebhookTrigger, raw: unknown): HookBody {
  const body = trigger.body.safeParse(raw);
  if (!body.success) return { refused: body.error };
  // The schema has just parsed what these functions were declared for.
  const told = body.data as never;
  const input: z.ZodSafeParseResult<unknown> = definition.input.safeParse(trigger.input?.(told) ?? told);
  if (!input.success) return { refused: input.error };
  const id = trigger.id?.(told);
  return { input: input.data, ...(id === undefined ? {} : { id }) };
}

/** Webhooks without a secret refuse everything, and secrets without a webhook are a slip of the pen. */
function hookFaults(hooked: readonly string[], tenants: readonly TenantSettings[]) {
  return tenants.flatMap(({ slug, hooks }) => [
    ...hooked
      .filter((process) => hooks[process] === undefined)
      .map((process) => ({ tenant: slug, process, reason: `hooks.${process}.secret is not set` })),
    ...Object.keys(hooks)
      .filter((process) => !hooked.includes(process))
      .map((process) => ({ tenant: slug, process, reason: 'no process of this name has a webhook' })),
  ]);
}
