import { createHash } from 'node:crypto';
import { type ScheduleOptions, ScheduleOverlapPolicy } from '@temporalio/client';
import type { Settings, TenantSettings } from '../../config/settings.ts';
import type { ProcessDefinition, ScheduleTrigger } from '../../workflows/kit/definition.ts';
import { runOptions, type ScheduledStart } from '../../workflows/kit/start.ts';

/** A schedule as it should be in the engine. */
export interface PlannedSchedule {
  id: string;
  options: ScheduleOptions;
  /** The same as long as nothing about the schedule has changed. */
  fingerprint: string;
}

export interface PlanParts {
  settings: Pick<Settings, 'temporal' | 'timing' | 'tenants'>;
  processes: readonly ProcessDefinition[];
  tenantId(slug: string): string | undefined;
}

/** Firings that an outage of Temporal swallowed are made up for when they are no older than this. */
const CATCH_UP = '1 hour';
const CRON = /^\S+ \S+ \S+ \S+ \S+$/;

/** What the ids of an installation's schedules begin with: a namespace may hold those of others. */
export const ownSchedules = (taskQueue: string): string => `dirigent/${encodeURIComponent(taskQueue)}/`;

/**
 * The schedules that the definitions ask for, one for each tenant.
 * @throws Error naming the process whose trigger cannot be read.
 */
export function planSchedules({ settings, processes, tenantId }: PlanParts): PlannedSchedule[] {
  return processes.flatMap(({ name, triggers }) =>
    triggers
      .filter((trigger) => trigger.on === 'schedule')
      .flatMap((trigger, index) => {
        check(name, trigger);
        return settings.tenants.map((tenant) => {
          const of = { name, trigger, place: index + 1, tenant, tenantId: tenantId(tenant.slug) ?? '' };
          return planOne(of, settings);
        });
      }),
  );
}

interface Wanted {
  name: string;
  trigger: ScheduleTrigger;
  /** Which of the process's schedules it is, from 1. */
  place: number;
  tenant: TenantSettings;
  tenantId: string;
}

function planOne(
  { name, trigger, place, tenant, tenantId }: Wanted,
  { temporal, timing }: PlanParts['settings'],
): PlannedSchedule {
  const id = `${ownSchedules(temporal.taskQueue)}${tenant.slug}/${name}/${place}`;
  const start: ScheduledStart = {
    input: trigger.input ?? {},
    tenantId,
    tenantSlug: tenant.slug,
    locale: tenant.defaultLocale,
    country: tenant.country,
    messages: [],
    timing,
  };
  const spec = { cronExpressions: [trigger.cron], timezone: trigger.timeZone };
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: CATCH_UP } as const;
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([name, start, spec, policies]))
    .digest('base64url');
  return {
    id,
    fingerprint,
    options: {
      scheduleId: id,
      spec,
      policies,
      action: {
        type: 'startWorkflow',
        workflowType: name,
        // The engine adds the time of the firing, so a firing names its run.
        workflowId: `${name}/schedule/${tenantId}/${place}`,
        taskQueue: temporal.taskQueue,
        args: [start],
        ...runOptions(name, start, { startedBy: 'schedule', schedule: fingerprint }),
        staticSummary: `${name} begun by its schedule`,
      },
    },
  };
}

function check(name: string, { cron, timeZone }: ScheduleTrigger): void {
  if (!CRON.test(cron)) {
    throw new Error(`The schedule of ${name} has the cron expression "${cron}"; it takes five fields.`);
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch (cause) {
    throw new Error(`The schedule of ${name} names the time zone "${timeZone}", which there is not.`, {
      cause,
    });
  }
}
