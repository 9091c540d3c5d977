import { expect, it } from 'vitest';
import type { RecordedEvent } from '../../workers/replay/divergence.ts';
import { scrub } from './scrub.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const payload = (text: string) => ({ metadata: { encoding: base64('json/plain') }, data: base64(text) });
const texts = (events: readonly RecordedEvent[]): string[] =>
  [...JSON.stringify(events).matchAll(/"data":"([^"]*)"/g)].map(([, data]) =>
    Buffer.from(data ?? '', 'base64').toString(),
  );

const FOLDER = '/home/me/проект/';
const EVENTS: RecordedEvent[] = [
  {
    eventId: '1',
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_STARTED',
    workflowExecutionStartedEventAttributes: {
      identity: `7@${FOLDER}`,
      input: { payloads: [payload('"Здравствуйте"'), payload(`{"stack":"at ${FOLDER}a.ts:1"}`)] },
      memo: { fields: { path: payload(FOLDER) } },
    },
  },
  {
    eventId: '4',
    eventType: 'EVENT_TYPE_WORKFLOW_TASK_COMPLETED',
    workflowTaskCompletedEventAttributes: {
      sdkMetadata: { coreUsedFlags: [1, 2, 3], sdkName: FOLDER },
      meteringMetadata: {},
    },
  },
];

it('replaces text in the bytes of payloads, wherever they are, and nothing else', () => {
  const clean = scrub(EVENTS, [[FOLDER, '']]);
  expect(texts(clean)).toEqual(['"Здравствуйте"', '{"stack":"at a.ts:1"}', '']);
  const withoutBytes = (events: readonly RecordedEvent[]) =>
    JSON.stringify(events).replaceAll(/"data":"[^"]*"/g, '"data":""');
  expect(withoutBytes(clean)).toBe(withoutBytes(EVENTS));
  expect(clean[1]).toEqual(EVENTS[1]);
});

it('leaves bytes that are no text as they are', () => {
  const data = Buffer.from([0, 255, 254, 128, 47]).toString('base64');
  const event = { ...(EVENTS[0] as RecordedEvent), blob: { metadata: { encoding: '' }, data } };
  expect(scrub([event], [[FOLDER, '']])[0]?.blob).toEqual(event.blob);
});
