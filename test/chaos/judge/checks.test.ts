import { describe, expect, it } from 'vitest';
import { type Check, judge } from './checks.ts';
import type { CustomerEvidence, Evidence, KillEvidence, RunEvidence, SendEvidence } from './evidence.ts';

const send = (over: Partial<SendEvidence> = {}): SendEvidence => ({
  id: 's1',
  key: 'answer/c/1/say/1',
  ordinal: 1,
  state: 'sent',
  messageId: 11,
  text: 'Hello',
  everUnknown: false,
  resolution: undefined,
  resolvedBy: undefined,
  ...over,
});
const run = (over: Partial<RunEvidence> = {}): RunEvidence => ({
  runId: 'r1',
  process: 'answer',
  status: 'succeeded',
  losses: [],
  beganAt: 1_000,
  endedAt: 2_000,
  ...over,
});
const kill = (over: Partial<KillEvidence> = {}): KillEvidence => ({
  victim: 'worker',
  at: 1_500,
  backAfterMs: 300,
  inFlight: [],
  bystanders: [],
  ...over,
});
const customer = (over: Partial<CustomerEvidence> = {}): CustomerEvidence => ({
  chatId: 7,
  path: 'example-answer-1',
  hit: { boundary: 'answer/send/telegram sendMessage/1/done', victim: 'worker', at: 1_500 },
  profile: { runs: { answer: ['succeeded'] }, says: 1, leads: 1 },
  updates: [1],
  storedUpdates: [1],
  numbered: [10],
  unhandled: 0,
  read: ['Hello'],
  nextReplyMs: 400,
  sends: [send()],
  runs: [run()],
  leads: ['l1'],
  crmLeads: ['l1'],
  disturbed: [],
  restless: undefined,
  ...over,
});
const evidence = (over: Partial<CustomerEvidence> = {}, more: Partial<Evidence> = {}): Evidence => ({
  customers: [customer(over)],
  kills: [kill()],
  differences: [],
  unreached: [],
  unlisted: [],
  ...more,
});
const found = (given: Evidence): Check[] => judge(given).map(({ check }) => check);

it('finds nothing where everything holds', () => {
  expect(judge(evidence())).toEqual([]);
});

describe('a planted violation is found:', () => {
  it.each<[Check, string, Evidence]>([
    ['lost', 'an update that was acknowledged and not stored', evidence({ storedUpdates: [] })],
    ['lost', 'a message that nobody handled', evidence({ unhandled: 1 })],
    ['doubled', 'a message that arrived twice', evidence({ read: ['Hello', 'Hello'] })],
    ['doubled', 'a message that no row of the ledger knows', evidence({ read: ['Hello', 'Bye'] })],
    ['doubled', 'a run too many', evidence({ runs: [run(), run({ runId: 'r2' })] })],
    ['leads', 'a lead too many', evidence({ leads: ['l1', 'l2'] })],
    ['leads', 'a lead twice in the CRM', evidence({ crmLeads: ['l1', 'l1'] })],
    ['order', 'messages numbered in another order', evidence({ numbered: [12, 10] })],
    [
      'order',
      'replies sent in another order',
      evidence({
        read: ['Hello', 'Bye'],
        sends: [send({ messageId: 12 }), send({ id: 's2', ordinal: 2, messageId: 11, text: 'Bye' })],
      }),
    ],
    ['stuck', 'a run that does not go on', evidence({ restless: 'answer is running' })],
    [
      'unexplained',
      'a send in doubt that was not under way',
      evidence({ sends: [send({ state: 'unknown', everUnknown: true })] }),
    ],
    [
      'unexplained',
      'the same where it was resolved afterwards',
      evidence({ sends: [send({ everUnknown: true, resolution: 'resend' })] }),
    ],
    [
      'degraded',
      'a run without a model although models were there',
      evidence({ runs: [run({ status: 'degraded', losses: ['an answer of a model'] })] }),
    ],
    [
      'degraded',
      'a run without the CRM outside of any outage',
      evidence(
        { runs: [run({ status: 'degraded', losses: ['the record in the CRM'] })] },
        { kills: [kill({ at: 5_000 })] },
      ),
    ],
    ['failed', 'a run that failed', evidence({ runs: [run({ status: 'failed' })] })],
    [
      'drift',
      'rows that differ from their histories',
      evidence({}, { differences: ['answer/1 status: stored "running"'] }),
    ],
    [
      'ended',
      'a process that did not outlive the death of another',
      evidence({}, { kills: [kill({ bystanders: ['api'] })] }),
    ],
    ['unreached', 'a boundary that nobody came by', evidence({}, { unreached: ['a/b/c/1/told'] })],
    ['unlisted', 'a boundary that no list names', evidence({}, { unlisted: ['a/b/c/1/told'] })],
  ])('%s: %s', (check, _what, given) => {
    expect(found(given)).toContain(check);
  });
});

describe('no violation is', () => {
  it.each<[string, Evidence]>([
    [
      'a send in doubt that was under way at a kill',
      evidence(
        { sends: [send({ state: 'unknown', everUnknown: true })] },
        { kills: [kill({ inFlight: ['s1'] })] },
      ),
    ],
    [
      'one of which the script lost the answer',
      evidence({ sends: [send({ state: 'unknown', everUnknown: true })], disturbed: ['telegram'] }),
    ],
    [
      'a message that arrived twice and says so',
      evidence(
        { read: ['Hello', 'Hello'], sends: [send({ everUnknown: true, resolution: 'resend' })] },
        { kills: [kill({ inFlight: ['s1'] })] },
      ),
    ],
    [
      'a CRM that is late because a kill fell into the run',
      evidence({ runs: [run({ status: 'degraded', losses: ['the record in the CRM'] })] }),
    ],
    [
      'a run that degrades by its script',
      evidence({
        profile: { runs: { answer: ['degraded'] }, says: 1, leads: 1 },
        runs: [run({ status: 'degraded', losses: ['an answer of a model'] })],
      }),
    ],
  ])('%s', (_what, given) => {
    expect(judge(given)).toEqual([]);
  });
});
