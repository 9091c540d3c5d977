import type { CustomerEvidence, Evidence, KillEvidence, SendEvidence } from './evidence.ts';

/** What is promised, each with the words of the report. */
export const CHECKS = {
  lost: 'updates lost',
  doubled: 'answered twice without being marked unknown',
  leads: 'leads doubled',
  order: 'out of order',
  stuck: 'runs stuck',
  unexplained: 'sends unknown without a cause',
  degraded: 'runs degraded although no service was down',
  failed: 'runs failed although no script says so',
  drift: 'projection rows that differ from a rebuild',
  ended: 'processes that ended by themselves',
  unreached: 'boundaries not reached',
  unlisted: 'boundaries that no list names',
} as const;
export type Check = keyof typeof CHECKS;

export interface Violation {
  check: Check;
  detail: string;
  chatId?: number;
  boundary?: string;
  victim?: string;
}

type Finding = string | undefined | false;
type CustomerCheck = (customer: CustomerEvidence, kills: readonly KillEvidence[]) => Finding[];

const tally = (items: readonly string[]) => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
};
const rises = (numbers: readonly number[]) => numbers.every((n, i) => i === 0 || n > (numbers[i - 1] ?? n));

const lost: CustomerCheck = ({ updates, storedUpdates, unhandled }) => [
  ...updates
    .filter((id) => !storedUpdates.includes(id))
    .map((id) => `update ${id} was acknowledged and is not stored`),
  unhandled > 0 && `${unhandled} messages are stored and not handled`,
];

/** More of the same than the ledger has sent, or more runs than the customer gave reason for. */
const doubled: CustomerCheck = ({ read, sends, runs, profile }) => {
  const ledger = sends.filter(({ state, everUnknown }) => state === 'sent' || everUnknown);
  const meant = tally(ledger.map(({ text }) => text));
  // One of which nobody knew may be sent once more.
  const unsure = tally(ledger.filter(({ everUnknown }) => everUnknown).map(({ text }) => text));
  const twice = [...tally(read)].map(
    ([text, times]) =>
      times > (meant.get(text) ?? 0) + (unsure.get(text) ?? 0) &&
      `"${text.slice(0, 60)}" arrived ${times} times and was sent ${meant.get(text) ?? 0} times`,
  );
  const begun = [...tally(runs.map(({ process }) => process))].map(([process, times]) => {
    const usual = profile?.runs[process]?.length ?? 0;
    return profile !== undefined && times > usual && `${times} runs of ${process} instead of ${usual}`;
  });
  return [...twice, ...begun];
};

const leads: CustomerCheck = ({ leads: rows, crmLeads, profile }) => [
  profile !== undefined && rows.length > profile.leads && `${rows.length} leads instead of ${profile.leads}`,
  ...[...tally(crmLeads)].map(
    ([origin, times]) => times > 1 && `lead ${origin} is ${times} times in the CRM`,
  ),
];

const order: CustomerCheck = ({ numbered, sends }) => [
  !rises(numbered) && `messages were numbered in the order ${numbered.join(', ')}`,
  !rises(
    sends
      .filter((send) => send.state === 'sent' && !send.everUnknown)
      .toSorted((a, b) => a.ordinal - b.ordinal)
      .flatMap(({ messageId }) => messageId ?? []),
  ) && 'messages went out in another order than that of the ledger',
];

const stuck: CustomerCheck = ({ restless }) => [restless];

/** A send may be in doubt only where it was under way at a kill, or where the script loses what is said of it. */
const explained = (send: SendEvidence, customer: CustomerEvidence, kills: readonly KillEvidence[]) =>
  customer.disturbed.includes('telegram') || kills.some(({ inFlight }) => inFlight.includes(send.id));

const unexplained: CustomerCheck = (customer, kills) =>
  customer.sends
    .filter((send) => send.everUnknown && !explained(send, customer, kills))
    .map((send) => `send ${send.key} was in doubt, and was not under way at a kill`);

/** Whether a kill fell into a run, or so shortly before it that its victim was not back. */
const struck = (run: CustomerEvidence['runs'][number], kills: readonly KillEvidence[]) =>
  kills.some(
    ({ at, backAfterMs }) =>
      at <= (run.endedAt ?? Number.POSITIVE_INFINITY) && at + backAfterMs >= run.beganAt,
  );

/** Models answer throughout, whoever is killed: doing without them needs a script that takes them away. */
const degraded: CustomerCheck = ({ runs, sends, profile, disturbed }, kills) =>
  runs
    .filter(({ status }) => status === 'degraded')
    .filter(({ process }) => !profile?.runs[process]?.includes('degraded'))
    .flatMap((run) =>
      run.losses.map((loss) => {
        if (/certainty that a message arrived/.test(loss)) {
          return !sends.some(({ everUnknown }) => everUnknown) && `${run.process}: ${loss}`;
        }
        const modelLost = /model/.test(loss);
        const excused = modelLost
          ? disturbed.some((service) => ['ollama', 'openai', 'anthropic'].includes(service))
          : struck(run, kills);
        return !excused && `${run.process}: ${loss}`;
      }),
    );

const failed: CustomerCheck = ({ runs, profile }) =>
  runs
    .filter(({ status, process }) => status === 'failed' && !profile?.runs[process]?.includes('failed'))
    .map(({ process, runId }) => `${process} ${runId} failed`);

const PER_CUSTOMER = { lost, doubled, leads, order, stuck, unexplained, degraded, failed } satisfies Partial<
  Record<Check, CustomerCheck>
>;

/** Everything that does not hold. Reads the evidence alone, so that a planted violation shows that it can. */
export function judge({ customers, kills, differences, unreached, unlisted }: Evidence): Violation[] {
  const ofCustomers = customers.flatMap((customer) =>
    Object.entries(PER_CUSTOMER).flatMap(([check, look]) =>
      look(customer, kills)
        .filter((detail) => typeof detail === 'string')
        .map((detail) => ({
          check: check as Check,
          detail,
          chatId: customer.chatId,
          ...(customer.hit ? { boundary: customer.hit.boundary, victim: customer.hit.victim } : {}),
        })),
    ),
  );
  return [
    ...ofCustomers,
    ...differences.map((detail) => ({ check: 'drift' as const, detail })),
    ...kills.flatMap(({ bystanders, victim }) =>
      bystanders.map((name) => ({
        check: 'ended' as const,
        detail: `${name} ended when ${victim} was killed`,
        victim,
      })),
    ),
    ...unreached.map((boundary) => ({ check: 'unreached' as const, detail: boundary, boundary })),
    ...unlisted.map((boundary) => ({ check: 'unlisted' as const, detail: boundary, boundary })),
  ];
}
