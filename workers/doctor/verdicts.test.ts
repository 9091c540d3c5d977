import { describe, expect, it } from 'vitest';
import { ENV } from '../../config/settings.fixture.ts';
import { loadSettings } from '../../config/settings.ts';
import { exitCodeOf, type Finding, toText } from './finding.ts';
import { judgeChannel, judgeModels, judgeProvider, judgeReady, judgeToken } from './outside-verdicts.ts';
import {
  judgeAlarms,
  judgeDisk,
  judgeKeys,
  judgeMessages,
  judgeMigrations,
  judgeOldestWait,
  judgeProjection,
  judgeQueue,
  judgeSearchAttributes,
  judgeSends,
} from './verdicts.ts';

const NOW = Date.parse('2026-11-01T10:00:00Z');
const HOUR = 3_600_000;
const GB = 1024 ** 3;
const settings = loadSettings({ env: { ...ENV, PUBLIC_URL: 'https://bots.example' } });
const OURS = 'https://bots.example/webhooks/telegram/default';
const KEYS = { active: { id: '2027' }, all: [{ id: '2027' }, { id: '2026' }] };
const drift = { workflowId: 'lead/1', where: 'status' };

const channel = (webhook: object, mode: 'webhook' | 'polling' = 'webhook') =>
  judgeChannel(
    settings,
    { name: 'default', mode },
    {
      username: 'our_bot',
      webhook: { url: OURS, has_custom_certificate: false, pending_update_count: 0, ...webhook },
      now: NOW,
    },
  );
const error = (message: string) => ({
  pending_update_count: 3,
  last_error_date: NOW / 1000 - 10,
  last_error_message: message,
});
const alarm = (severity: 'critical' | 'warning') => ({
  kind: 'unanswered' as const,
  severity,
  words: { count: 3, minutes: 6 },
  raisedAt: new Date(NOW),
});
const poller = (secondsAgo: number) => ({ identity: 'worker@1', at: NOW - secondsAgo * 1000 });
const looked = (drifted: number) => ({
  looked: 20,
  same: 20 - drifted,
  drifted,
  gone: 0,
  differences: Array.from({ length: drifted }, () => drift),
});

type Case = [name: string, found: Finding | Finding[], says: string | RegExp];

const WELL: Case[] = [
  ['migrations applied', judgeMigrations(0), 'all applied'],
  ['no alarm', judgeAlarms([]), 'none open'],
  ['no late message', judgeMessages(0), 'none waits'],
  ['nobody waited for', judgeOldestWait(undefined, HOUR), 'none'],
  ['a wait within its time', judgeOldestWait({ workflowId: 'lead/1', ms: 20 * HOUR }, HOUR), '20 h'],
  ['no send in doubt', judgeSends(0), 'none in doubt'],
  ['room on the disk', judgeDisk(50 * GB, 100 * GB, '20 MB'), '50.0 GB free (50 %)'],
  ['all search attributes', judgeSearchAttributes(['A', 'B'], ['B', 'A', 'C']), 'all registered'],
  ['a queue served', judgeQueue('q', 'workflows', [poller(10), poller(20)], NOW), 'workflows: 1 worker'],
  ['rows as their histories', judgeProjection(looked(0)), '20 of the 20'],
  ['keys old and new', judgeKeys(KEYS, ['2026', '2027']), '2027 encrypts, 2 decrypt'],
  ['encryption off', judgeKeys({ active: undefined, all: [] }, []), 'encryption is off'],
  ['a ready API', judgeReady('127.0.0.1:8080', 200), 'ready at'],
  ['a token known by its hash', judgeToken(401, true), 'not tried'],
  ['a webhook of ours', channel({}), 'webhook ours, 0 pending'],
  ['polls without a webhook', channel({ url: '' }, 'polling'), '@our_bot, polling'],
  ['a provider that answers', judgeProvider('ollama', 200), 'answers'],
];

const FAILS: Case[] = [
  ['migrations missing', judgeMigrations(2), /2 not applied\n.*→ Start a process of this version/],
  ['a critical alarm', judgeAlarms([alarm('critical'), alarm('warning')]), /→ See docs\/operations\.md/],
  ['messages not handled', judgeMessages(7), /7 stored but not handled\n.*→ Is Temporal up/],
  ['a full disk', judgeDisk(0.4 * GB, 100 * GB, '20 MB'), /0\.4 GB free.*\n.*→ Make room now/],
  [
    'a missing search attribute',
    judgeSearchAttributes(['A', 'B'], ['A']),
    /missing: B\n.*→ Start any process/,
  ],
  ['a queue without pollers', judgeQueue('q', 'workflows', [], NOW), /no worker\n.*→ Start .* role worker/],
  [
    'a queue left by its last poller',
    judgeQueue('q', 'activities', [poller(90)], NOW),
    'activities: no worker',
  ],
  ['a projection that drifted', judgeProjection(looked(1)), /lead\/1 status\)\n.*→ .*npm run projection/],
  ['an unknown key', judgeKeys(KEYS, ['2025', '2025', '2027']), /2 open runs need .*: 2025\n.*→ Put it back/],
  ['no keys where some are needed', judgeKeys({ active: undefined, all: [] }, ['2026']), /1 open run needs/],
  ['an API that is not ready', judgeReady('127.0.0.1:8080', 503), /not ready \(503\)\n.*→ Ask \/ready/],
  ['another API token', judgeToken(401, false), /answered 401\n.*→ API_TOKEN differs/],
  ['a webhook taken away', channel({ url: '' }), /no webhook is set\n.*→ .*PUBLIC_URL/],
  [
    'a webhook not ours',
    channel({ url: 'https://elsewhere.example/x' }),
    /webhook is not ours\n.*→ .*PUBLIC_URL/,
  ],
  ['another secret', channel(error('Wrong response from the webhook: 401 Unauthorized')), 'another secret'],
  ['deliveries that fail', channel(error('502 Bad Gateway')), /webhook failing: 502.*\n.*→ See docs/],
  ['polls behind a webhook', channel({}, 'polling'), /polls get nothing\n.*→ Restart/],
  ['a refused key', judgeProvider('openai', 401), /refuses the key \(401\)\n.*→ Put the right key/],
  [
    'no model at all',
    judgeModels([judgeProvider('ollama', 'refused')], ['ollama']),
    /no provider.*\n.*→ See/,
  ],
];

/** What somebody should look at, though customers are served. */
const WARNS: Case[] = [
  ['migrations ahead', judgeMigrations(-1), /1 more than .*\n.*→ .*update it/],
  ['a warning alarm', judgeAlarms([alarm('warning')]), /→ See docs/],
  [
    'a run forgotten',
    judgeOldestWait({ workflowId: 'lead/1', ms: 26 * HOUR }, HOUR),
    /26 h: lead\/1\n.*→ .*cancel it/,
  ],
  ['sends in doubt', judgeSends(2), /2 in doubt.*\n.*→ Decide .*resolve/],
  ['little room', judgeDisk(1.5 * GB, 20 * GB, '20 MB'), /→ Make room/],
  ['little room on a large disk', judgeDisk(4 * GB, 100 * GB, '20 MB'), /→ Make room/],
  ['updates that pile up', channel({ pending_update_count: 250 }), /webhook pending: 250\n.*→ See docs/],
  [
    'a provider that is away',
    judgeProvider('ollama', 'connection refused'),
    /refused\n.*→ The chain goes on/,
  ],
  ['a provider that fails', judgeProvider('ollama', 500), /answers 500\n.*→ The chain goes on/],
];

describe('the doctor', () => {
  const page = (found: Finding | Finding[]) => [found].flat();

  it.each(WELL)('finds nothing wrong with %s', (_, found, says) => {
    expect(page(found).every(({ state }) => state === 'ok')).toBe(true);
    expect(toText(page(found))).toMatch(says);
  });

  it.each(FAILS)('ends with 1 for %s, and says what to do', (_, found, says) => {
    expect(exitCodeOf(page(found))).toBe(1);
    expect(toText(page(found))).toMatch(says);
    expect(toText(page(found))).toMatch(/→ \S.*[\s\S]*Not healthy/);
  });

  it.each(WARNS)('ends with 0 for %s, and says what to do', (_, found, says) => {
    expect(exitCodeOf(page(found))).toBe(0);
    expect(page(found).map(({ state }) => state)).toContain('warn');
    expect(toText(page(found))).toMatch(says);
  });

  it('takes one answering provider of the role for enough', () => {
    expect(judgeModels([judgeProvider('a', 'away'), judgeProvider('b', 200)], ['a', 'b'])).toEqual([]);
    expect(judgeModels([judgeProvider('a', 'away'), judgeProvider('b', 200)], ['a'])).toHaveLength(1);
  });
});
