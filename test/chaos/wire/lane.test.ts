import { expect, it } from 'vitest';
import { boundaryId, parseBoundary } from '../boundary.ts';
import { chatOfPhone, ownPhone } from '../walk/outside.ts';
import { Lane } from './lane.ts';

const target = parseBoundary('answer/send/telegram sendMessage/2/done');
const gone = () => new AbortController().signal;
const settled = (promise: Promise<unknown>) =>
  Promise.race([promise.then(() => true), new Promise((resolve) => setImmediate(() => resolve(false)))]);

it('holds the n-th effect of its name at the kind it was made for, and nothing else', async () => {
  const lane = new Lane({ chatId: 1, path: 'p', target });
  const first = lane.count('answer', 'send', 'telegram sendMessage');
  const second = lane.count('answer', 'send', 'telegram sendMessage');
  expect(await settled(lane.reach(first, 'done', 'x', gone()))).toBe(true);
  expect(await settled(lane.reach(second, 'asked', 'y', gone()))).toBe(true);
  const held = lane.reach(second, 'done', 'z', gone());
  expect(await settled(held)).toBe(false);
  expect(lane.park?.boundary).toBe(boundaryId(target));
  lane.release(true);
  expect(await held).toBe(true);
  expect(lane.state).toBe('hit');
  expect([...lane.passed]).toHaveLength(3);
});

it('holds what comes back to the same place, until whoever waits has hung up', async () => {
  const lane = new Lane({ chatId: 1, path: 'p', target: { ...target, ordinal: 1 } });
  const effect = lane.count('answer', 'send', 'telegram sendMessage');
  const held = lane.reach(effect, 'done', 'activity 7', gone());
  const leaving = new AbortController();
  const again = lane.stay('activity 7', leaving.signal);
  expect(await settled(again)).toBe(false);
  expect(await settled(lane.stay('activity 8', gone()))).toBe(true);
  leaving.abort();
  expect(await settled(again)).toBe(true);
  lane.release();
  expect(await held).toBe(false);
});

it.each(['answer/send/telegram sendMessage/1/nowhere', 'answer', ''])('%j names no boundary', (id) => {
  expect(() => parseBoundary(id)).toThrow();
});

it('gives every customer a phone of their own, however it is written', () => {
  expect(ownPhone('тел. 8 701 123 45 67, жду', 2_000_123)).toBe('тел. 8 701 200 01 23, жду');
  expect(ownPhone('+77015550011', 2_000_123)).toBe('+77012000123');
  expect(ownPhone('123', 2_000_123)).toBe('123');
  expect(chatOfPhone('{"values":["+77012000123"]}', (id) => id === 2_000_123)).toBe(2_000_123);
});
