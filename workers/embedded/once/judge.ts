import type { Act } from './script.ts';

/** What an act left behind, as the customer, the database and the CRM show it. */
export interface Observed {
  /** Steps whose answer did not come. */
  unanswered: string[];
  /** The bot's messages as the customer has them, oldest first, without "working on it". */
  seen: { text: string; entities: number }[];
  /** The send ledger of this chat in its order, without "working on it". */
  ledger: { text: string; state: string }[];
  runs: { process: string; state: string; losses: number }[];
  /** CRM leads that hold the act's phone; empty for an act without one. */
  crmLeads: number;
}

export interface Check {
  what: string;
  held: boolean;
  /** What was seen instead. */
  instead?: string;
}

const LONGEST = 4096;

/** Holds what was seen against the script. Every expectation gives one check, also when an earlier one failed. */
export function judge(act: Act, observed: Observed): Check[] {
  const { seen, ledger, runs, unanswered } = observed;
  const check = (what: string, held: boolean, instead: string): Check =>
    held ? { what, held } : { what, held, instead };
  const run = runs.filter(({ process }) => process === act.process);
  const { least, most } = act.messages;
  const checks = [
    check(
      'every message is answered as expected',
      unanswered.length === 0,
      `nothing that fits: ${unanswered.join(', ')}`,
    ),
    check(
      `the bot writes ${least === most ? least : `${least} to ${most}`} message(s)`,
      seen.length >= least && seen.length <= most,
      `${seen.length}`,
    ),
    check(
      'what was sent arrived once and in order',
      ledger.length === seen.length && ledger.every(({ text }, index) => text === seen[index]?.text),
      `${ledger.length} in the ledger, ${seen.length} in the chat, or in another order`,
    ),
    check(
      'every send is known to be done',
      ledger.every(({ state }) => state === 'sent'),
      states(ledger),
    ),
    check(
      `the run of ${act.process} ends ${act.ends}`,
      run.length === 1 && run[0]?.state === act.ends,
      states(run),
    ),
    check(
      'messages fit the platform',
      seen.every(({ text }) => text.length <= LONGEST),
      'one is too long',
    ),
  ];
  if (act.ends === 'degraded') {
    checks.push(
      check(
        'what was missing is on record',
        run.some(({ losses }) => losses > 0),
        'no loss recorded',
      ),
    );
  }
  if (act.partsInOrder !== undefined) {
    const whole = seen.map(({ text }) => text).join('\n');
    const places = act.partsInOrder.map((part) => whole.indexOf(part));
    const ordered = places.every((at, index) => at >= 0 && at > (places[index - 1] ?? -1));
    checks.push(check('the answer is whole and in order', ordered, `parts at ${places.join(', ')}`));
    checks.push(
      check(
        'the answer is formatted',
        seen.some(({ entities }) => entities > 0),
        'no formatting',
      ),
    );
  }
  if (act.phoneInCrm !== undefined) {
    const push = runs.filter(({ process }) => process === 'crm_push');
    checks.push(
      check('the CRM has the lead exactly once', observed.crmLeads === 1, `${observed.crmLeads} leads`),
    );
    checks.push(
      check(
        'the run of crm_push ends succeeded',
        push.length === 1 && push[0]?.state === 'succeeded',
        states(push),
      ),
    );
  }
  return checks;
}

function states(rows: { state: string }[]): string {
  return rows.length === 0 ? 'none' : rows.map(({ state }) => state).join(', ');
}
