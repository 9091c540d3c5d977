import { sql } from 'drizzle-orm';
import type { RunState, WaitingOn } from '../../domain/run.ts';
import type { Executor } from '../client.ts';
import { leads, processRuns, requests } from '../schema/index.ts';

export interface NumberedRequest extends Record<string, unknown> {
  number: string;
  /** Process that took it. */
  process: string;
  state: RunState | null;
  waiting_on: WaitingOn | null;
  /** A request that only a person can finish. */
  for_person: boolean;
  created_at: string;
}

/** What a customer has asked for, newest first: leads and requests with the state of the run behind them. */
export async function numberedRequests(
  db: Executor,
  tenantId: string,
  customerId: string,
  limit: number,
): Promise<NumberedRequest[]> {
  return db.execute<NumberedRequest>(sql`
    with asked as (
      select number, key, 'lead' as process, false as for_person, created_at
      from ${leads} where tenant_id = ${tenantId} and customer_id = ${customerId}
      union all
      select number, key, 'request', status = 'open', created_at
      from ${requests} where tenant_id = ${tenantId} and customer_id = ${customerId}
    )
    select asked.number, asked.process, run.status as state, run.waiting_on, asked.for_person, asked.created_at
    from asked
    left join lateral (
      select status, waiting_on from ${processRuns}
      where tenant_id = ${tenantId} and workflow_id = asked.key order by queued_at desc limit 1
    ) run on true
    order by asked.created_at desc
    limit ${limit}`);
}
