import { expect, test } from 'vitest';
import { judge, type Observed } from './judge.ts';
import { type Act, SCRIPT } from './script.ts';

const act = (title: string): Act => {
  const found = SCRIPT.find((one) => one.title === title);
  if (found === undefined) throw new Error(`No act ${title}`);
  return found;
};
const LEAD = act('A lead without a phone');
const LONG = act('A long formatted answer');
const OUTAGE = act('No model can be reached');

const observed = (texts: string[], over: Partial<Observed> = {}): Observed => ({
  unanswered: [],
  seen: texts.map((text) => ({ text, entities: 1 })),
  ledger: texts.map((text) => ({ text, state: 'sent' })),
  runs: [{ process: 'answer', state: 'succeeded', losses: 0 }],
  crmLeads: 0,
  ...over,
});
const lead = (over: Partial<Observed> = {}) =>
  observed(['ask', '№1'], {
    runs: [
      { process: 'lead', state: 'succeeded', losses: 0 },
      { process: 'crm_push', state: 'succeeded', losses: 0 },
    ],
    crmLeads: 1,
    ...over,
  });
const broken = (one: Act, seen: Observed) =>
  judge(one, seen)
    .filter(({ held }) => !held)
    .map(({ what }) => what);
const parts = LONG.partsInOrder ?? [];
const long = [parts.slice(0, 4).join('\n'), parts.slice(4, 8).join('\n'), parts.slice(8).join('\n')];

test('what went well holds in every check', () => {
  expect(broken(LEAD, lead())).toEqual([]);
  expect(broken(LONG, observed(long))).toEqual([]);
  const degraded = [{ process: 'answer', state: 'degraded', losses: 1 }];
  expect(broken(OUTAGE, observed(['недоступен №2'], { runs: degraded }))).toEqual([]);
});

test('a dropped, a doubled and a swapped message are each found', () => {
  const arrived = 'what was sent arrived once and in order';
  const [first, second] = lead().seen as [Observed['seen'][0], Observed['seen'][0]];
  expect(broken(LEAD, lead({ seen: [first] }))).toContain(arrived);
  expect(broken(LEAD, lead({ seen: [first, second, second] }))).toContain(arrived);
  expect(broken(LEAD, lead({ seen: [second, first] }))).toEqual([arrived]);
});

test('a reply that the product itself never or twice sent is found by its number', () => {
  expect(broken(LEAD, lead(observedTexts(['ask'])))).toContain('the bot writes 2 message(s)');
  expect(broken(LEAD, lead(observedTexts(['ask', '№1', '№1'])))).toContain('the bot writes 2 message(s)');
});

test('a skipped or doubled CRM lead, and a push that did not succeed, are found', () => {
  expect(broken(LEAD, lead({ crmLeads: 0 }))).toEqual(['the CRM has the lead exactly once']);
  expect(broken(LEAD, lead({ crmLeads: 2 }))).toEqual(['the CRM has the lead exactly once']);
  const runs = [{ process: 'lead', state: 'succeeded', losses: 0 }];
  expect(broken(LEAD, lead({ runs }))).toEqual(['the run of crm_push ends succeeded']);
});

test('parts of a long answer that are missing or out of order are found although the ledger agrees', () => {
  const whole = 'the answer is whole and in order';
  expect(broken(LONG, observed(long.toReversed()))).toEqual([whole]);
  expect(broken(LONG, observed([...long.slice(0, 2), 'x']))).toEqual([whole]);
});

test('an outage that looks like success, or hides what was missing, is found', () => {
  expect(broken(OUTAGE, observed(['недоступен №2']))).toEqual([
    'the run of answer ends degraded',
    'what was missing is on record',
  ]);
});

test('an unknown send, a wrong end, a second run and an unanswered message are found', () => {
  const ledger = [
    { text: 'ask', state: 'sent' },
    { text: '№1', state: 'unknown' },
  ];
  expect(broken(LEAD, lead({ ledger }))).toEqual(['every send is known to be done']);
  expect(broken(LEAD, lead({ unanswered: ['8 701'] }))).toEqual(['every message is answered as expected']);
  const twice = [...lead().runs, { process: 'lead', state: 'succeeded', losses: 0 }];
  expect(broken(LEAD, lead({ runs: twice }))).toEqual(['the run of lead ends succeeded']);
});

function observedTexts(texts: string[]): Partial<Observed> {
  const { seen, ledger } = observed(texts);
  return { seen, ledger };
}
