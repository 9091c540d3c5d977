import type { Parked, Restored } from '../../db/backup.ts';

/** How many of a kind a page names; all of them are events `restore.parked`. */
const SHOWN = 20;

type Kind<K extends keyof Parked> = {
  title: string;
  line(item: Parked[K][number]): string;
  todo: string;
};

const KINDS: { readonly [K in keyof Parked]: Kind<K> } = {
  sends: {
    title: 'Sends in doubt: they were waiting or on their way, and are not sent by themselves',
    line: (send) => `${send.id}  ${send.was}  run ${send.workflowId}  conversation ${send.conversationId}`,
    todo: 'Look into the chat, then POST /api/v1/sends/{id}/resolve with "delivered", "resend" or "drop".',
  },
  messages: {
    title: 'Messages of customers that were being handled, or were not handled yet',
    line: (message) =>
      `${message.id}  conversation ${message.conversationId}  ${message.spokenSince ? 'the bot has spoken since' : 'the bot has not spoken since'}`,
    todo: 'Read GET /api/v1/conversations/{id}/messages; answer with POST to the same address what is owed.',
  },
  runs: {
    title: 'Open runs: they go on where Temporal still knows them, and end "history lost" where it does not',
    line: (run) =>
      `${run.workflowId}  ${run.status}${run.waitingOn ? `, waiting on ${run.waitingOn}` : ''}  run id ${run.id}`,
    todo: 'A minute after the start: GET /api/v1/runs/{run id}. Tell the customer of one that was lost: POST /api/v1/conversations/{id}/messages.',
  },
  leads: {
    title: 'Leads without a link to the CRM: perhaps owed, perhaps there',
    line: (lead) => `${lead.id}  № ${lead.number}  taken by ${lead.run}`,
    todo: 'POST /api/v1/processes/crm_push/runs with {"input": {"leadId": "{id}"}}: it looks before it creates.',
  },
  deliveries: {
    title: 'Deliveries to webhooks of processes whose run is not known to have begun',
    line: (delivery) => `${delivery.id}  ${delivery.process}  ${delivery.workflowId}`,
    todo: 'GET /api/v1/runs/{workflow id}; where there is none, have the other system deliver it under another key.',
  },
};

/** What a person has to look at after a restore, as a page. */
export function parkedPage({ manifest, rows, parked }: Restored): string {
  const total = Object.values(rows).reduce((sum, count) => sum + count, 0);
  const parts = [`Restored ${total} rows, as they were at ${manifest.takenAt}.`];
  for (const kind of Object.keys(KINDS) as (keyof Parked)[]) parts.push(section(kind, parked));
  parts.push(
    [
      `What came after ${manifest.takenAt} is not in the database. Customers who asked to be forgotten since then are`,
      'there again: forget them again (POST /api/v1/customers/{id}/forget). Start the product now.',
    ].join('\n'),
  );
  return parts.join('\n\n');
}

function section<K extends keyof Parked>(kind: K, parked: Parked): string {
  const { title, line, todo }: Kind<K> = KINDS[kind];
  const items: Parked[K][number][] = parked[kind];
  if (items.length === 0) return `${title}: none.`;
  const several =
    new Set(Object.values(parked).flatMap((list: { tenant: string }[]) => list.map((item) => item.tenant)))
      .size > 1;
  const shown = items
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())
    .slice(0, SHOWN)
    .map((item) => `  ${item.at.toISOString()}  ${several ? `${item.tenant}  ` : ''}${line(item)}`);
  const rest = items.length > SHOWN ? [`  … and ${items.length - SHOWN} more: --json lists all.`] : [];
  return [`${title} (${items.length}):`, ...shown, ...rest, `  → ${todo}`].join('\n');
}
