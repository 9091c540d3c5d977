import { boundaryId } from './boundary.ts';
import { CHECKS, type Check, type Violation } from './judge/checks.ts';
import type { CustomerEvidence, Evidence } from './judge/evidence.ts';
import { VICTIMS } from './stack/victims.ts';
import type { Swept } from './sweep.ts';

/** What a sweep found, as JSON; its words are the rows of the report. */
export interface Report {
  seed: number;
  hits: number;
  boundaries: number;
  kills: number;
  updates: number;
  violations: Violation[];
  unknown: { sends: number; resolvedAlone: number; byEnd: Record<string, number> };
  victims: Record<
    string,
    { kills: number; hits: number; backMs: number[]; nextReplyMs: number[]; slowestReplyMs: number }
  >;
  seconds: number;
}

export function report(
  seed: number,
  swept: Swept,
  evidence: Evidence,
  violations: Violation[],
  seconds: number,
): Report {
  const { customers } = evidence;
  const doubtful = customers.flatMap(({ sends }) => sends).filter(({ everUnknown }) => everUnknown);
  const byEnd: Record<string, number> = {};
  for (const send of doubtful) {
    const end =
      send.state === 'unknown'
        ? 'still in doubt'
        : `${send.state}, settled by ${send.resolvedBy ?? 'nobody'}`;
    byEnd[end] = (byEnd[end] ?? 0) + 1;
  }
  return {
    seed,
    hits: swept.hits.length,
    boundaries: new Set(swept.hits.map(({ aim }) => boundaryId(aim.boundary))).size,
    kills: swept.kills.length,
    updates: customers.reduce((sum, { updates }) => sum + updates.length, 0),
    violations,
    unknown: {
      sends: doubtful.length,
      resolvedAlone: doubtful.filter((send) => send.state !== 'unknown' && !isPerson(send.resolvedBy)).length,
      byEnd,
    },
    victims: Object.fromEntries(
      VICTIMS.map((victim) => [victim, ofVictim(victim, swept, customers)] as const).filter(
        ([, { kills }]) => kills > 0,
      ),
    ),
    seconds,
  };
}

/** What the product decides by itself is signed with what it went by. */
const isPerson = (by: string | undefined): boolean => by !== undefined && !['probe', 'policy'].includes(by);

function ofVictim(victim: string, swept: Swept, customers: readonly CustomerEvidence[]) {
  const kills = swept.kills.filter((kill) => kill.victim === victim);
  const replies = kills.map((kill) =>
    customers.flatMap(({ hit, nextReplyMs }) =>
      hit?.at === kill.at && nextReplyMs !== undefined ? [nextReplyMs] : [],
    ),
  );
  return {
    kills: kills.length,
    hits: kills.reduce((sum, { boundaries }) => sum + boundaries.length, 0),
    backMs: kills.map(({ backAfterMs }) => backAfterMs),
    nextReplyMs: replies.flatMap((ms) => (ms.length > 0 ? [Math.min(...ms)] : [])),
    slowestReplyMs: Math.max(0, ...replies.flat()),
  };
}

const median = (numbers: readonly number[]): number => {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};
/** Nobody may have been owed a reply. */
const seconds = (ms: number) => (ms > 0 ? (ms / 1000).toFixed(1) : '–');

/** The report as Markdown, fit for a page of the documentation. */
export function toMarkdown(of: Report): string {
  const count = (check: Check) => of.violations.filter((violation) => violation.check === check).length;
  const share =
    of.unknown.sends === 0 ? '–' : `${Math.round((100 * of.unknown.resolvedAlone) / of.unknown.sends)} %`;
  const ends = Object.entries(of.unknown.byEnd).map(([end, times]) => `${times} ${end}`);
  const rows: [string, string | number][] = [
    [
      'boundary hits',
      `${of.hits} at ${of.boundaries} boundaries, in ${of.kills} kills (seed ${of.seed}, ${Math.round(of.seconds)} s)`,
    ],
    ['updates accepted', of.updates],
    ...(Object.keys(CHECKS) as Check[]).map((check): [string, number] => [CHECKS[check], count(check)]),
    ['sends that ended unknown', `${of.unknown.sends}${ends.length > 0 ? `: ${ends.join(', ')}` : ''}`],
    ['… resolved without a person', share],
  ];
  const victims = Object.entries(of.victims).map(
    ([victim, { kills, hits, backMs, nextReplyMs, slowestReplyMs }]) =>
      `| ${victim} | ${kills} | ${hits} | ${seconds(median(backMs))} | ${seconds(median(nextReplyMs))} | ${seconds(slowestReplyMs)} |`,
  );
  return [
    '| what | found |',
    '|---|---|',
    ...rows.map(([what, found]) => `| ${what} | ${found} |`),
    '',
    '| victim | kills | hits | back, median s | kill → next reply, median s | slowest reply, s |',
    '|---|---|---|---|---|---|',
    ...victims,
  ].join('\n');
}

/** Each violation with the command that repeats its boundary. */
export function toComplaints({ violations, seed }: Report): string {
  return violations
    .map(({ check, detail, chatId, boundary, victim }) => {
      const where = [chatId && `chat ${chatId}`, boundary, victim && `${victim} killed`]
        .filter(Boolean)
        .join(', ');
      const again =
        boundary === undefined
          ? ''
          : `\n  npm run chaos -- --boundary '${boundary}'${victim ? ` --victim ${victim}` : ''} --seed ${seed}`;
      return `✖ ${CHECKS[check]}: ${detail}${where ? ` (${where})` : ''}${again}`;
    })
    .join('\n');
}
