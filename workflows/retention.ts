import { z } from 'zod';
import { AGEING, type RetentionCounts } from '../domain/retention.ts';
import { inAllLocales } from '../domain/texts/catalogue.ts';
import { SWEEPING } from './kit/policies.ts';
import { defineProcess } from './kit/process.ts';

/** What is left after so many rounds of one kind goes the next night. */
const ROUNDS = 12;

export const retention = defineProcess(
  {
    name: 'retention',
    title: inAllLocales('retention.title'),
    purpose: 'Deletes what is older than the settings say, every night; with dryRun it only counts.',
    input: z.object({ dryRun: z.boolean().default(false) }),
    triggers: [{ on: 'schedule', cron: '30 3 * * *', timeZone: 'Asia/Almaty' }],
    examples: [{ title: 'The nightly round', customer: [], ends: 'succeeded' }],
  },
  async (run, { dryRun }) => {
    const { tenantId, correlationId } = run.start;
    if (dryRun) {
      return { dryRun, rows: await run.act(SWEEPING, 'Count what would go').countExpired({ tenantId }) };
    }
    const rows: RetentionCounts = {};
    for (const what of AGEING) {
      let deleted = 0;
      for (let round = 1; round <= ROUNDS; round++) {
        const swept = await run.act(SWEEPING, `Delete old ${what}`).deleteExpired({ tenantId, what });
        deleted += swept.deleted;
        if (swept.done) break;
        if (round === ROUNDS) run.lose(`the deletion of all old ${what}`, 'the rest goes the next night');
      }
      rows[what] = deleted;
    }
    const { budgets } = await run
      .act(SWEEPING, 'Delete old budgets, note what went')
      .finishRetention({ tenantId, workflowId: run.workflowId, correlationId, counts: rows });
    return { dryRun, rows: { ...rows, budgets } };
  },
);
