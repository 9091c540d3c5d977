import * as z from 'zod';
import { type CallRecord, countCalls } from '../../../domain/calls.ts';
import { type FailureClass, ProviderError } from '../../../domain/failure.ts';
import type { CrmCalls } from '../contract.ts';
import type { BitrixClient } from './client.ts';
import { entityId, phpList, phpObject } from './envelope.ts';
import { listAll } from './list.ts';

const LEAD = 1;
const CALL = 2;
const ANSWERED = '200';
/** What the telephony module puts before its own call id in an activity's origin. */
const ORIGIN = /^VI_(.+)$/;
/** Classes of a failed read that asking again will not change. */
const SHOWS_NOTHING: ReadonlySet<FailureClass> = new Set(['refused', 'misconfigured']);

const yes = z
  .union([z.boolean(), z.string(), z.number()])
  .transform((flag) => /^(?:y|1|true)$/i.test(`${flag}`));

const Activities = phpList(
  z.object({
    ID: entityId,
    ORIGIN_ID: z.string().nullish(),
    START_TIME: z.string().nullish(),
    END_TIME: z.string().nullish(),
    SETTINGS: phpObject(z.looseObject({ MISSED_CALL: yes.optional() }))
      .nullish()
      .catch(undefined),
  }),
);

const Statistics = phpList(
  z.object({
    ID: entityId,
    CALL_ID: z.string().nullish(),
    CALL_DURATION: z.coerce.number().catch(0),
    CALL_START_DATE: z.string().nullish(),
    CALL_FAILED_CODE: z.coerce.string().nullish(),
    CRM_ACTIVITY_ID: z.union([entityId, z.literal(['0', 0, '', null])]).optional(),
  }),
);

/**
 * Counts the calls of a lead from its activities, where also those stand that a manager noted, and from the
 * telephony's statistics, which know best who spoke and for how long. A webhook without the right
 * `telephony` is answered from the activities alone.
 */
export async function callsOfLead(
  client: BitrixClient,
  leadId: string,
  signal: AbortSignal,
): Promise<CrmCalls> {
  const activities = await listAll(client, {
    method: 'crm.activity.list',
    params: {
      filter: { BINDINGS: [{ OWNER_TYPE_ID: LEAD, OWNER_ID: Number(leadId) }], TYPE_ID: CALL },
      select: ['ID', 'ORIGIN_ID', 'START_TIME', 'END_TIME', 'SETTINGS'],
      order: { ID: 'ASC' },
    },
    effect: 'read',
    result: Activities,
    signal,
  });
  const statistics = await statisticsOf(client, leadId, signal);
  return {
    ...countCalls([...(statistics ?? []), ...activities.map(fromActivity)]),
    partly: statistics === undefined,
  };
}

/** Undefined where the webhook may not read them, or the portal has no telephony. */
async function statisticsOf(
  client: BitrixClient,
  leadId: string,
  signal: AbortSignal,
): Promise<CallRecord[] | undefined> {
  try {
    const rows = await listAll(client, {
      method: 'voximplant.statistic.get',
      params: {
        FILTER: { CRM_ENTITY_TYPE: 'LEAD', CRM_ENTITY_ID: Number(leadId) },
        SORT: 'ID',
        ORDER: 'ASC',
      },
      effect: 'read',
      result: Statistics,
      signal,
    });
    return rows.map(fromStatistics);
  } catch (error) {
    if (error instanceof ProviderError && SHOWS_NOTHING.has(error.class)) return undefined;
    throw error;
  }
}

function fromStatistics(row: z.output<typeof Statistics>[number]): CallRecord {
  const seconds = Math.max(0, row.CALL_DURATION);
  const activity = row.CRM_ACTIVITY_ID;
  return {
    names: [
      `statistic/${row.ID}`,
      ...(row.CALL_ID ? [`call/${row.CALL_ID}`] : []),
      ...(typeof activity === 'string' && /^[1-9]/.test(activity) ? [`activity/${activity}`] : []),
    ],
    answered: row.CALL_FAILED_CODE ? row.CALL_FAILED_CODE === ANSWERED : seconds > 0,
    seconds,
    ...begun(row.CALL_START_DATE),
  };
}

/** An activity knows when it was planned to end; one that took no time was not answered. */
function fromActivity(row: z.output<typeof Activities>[number]): CallRecord {
  const call = ORIGIN.exec(row.ORIGIN_ID ?? '')?.[1];
  const from = Date.parse(row.START_TIME ?? '');
  const to = Date.parse(row.END_TIME ?? '');
  const seconds = to > from ? (to - from) / 1000 : 0;
  return {
    names: [`activity/${row.ID}`, ...(call === undefined ? [] : [`call/${call}`])],
    answered: row.SETTINGS?.MISSED_CALL !== true && seconds > 0,
    seconds,
    ...begun(row.START_TIME),
  };
}

/** Moments carry the portal's offset; compared as moments, not as texts. */
function begun(moment: string | null | undefined): Pick<CallRecord, 'at'> {
  const at = Date.parse(moment ?? '');
  return Number.isNaN(at) ? {} : { at };
}
