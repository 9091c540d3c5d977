import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const ID = '0192a000-0000-7000-8000-0000000000aa';

describe('cursors', () => {
  it('come back as they were, to the millisecond', () => {
    const position = { at: new Date('2026-01-31T09:00:00.123Z'), id: ID };
    expect(decodeCursor(encodeCursor(position))).toEqual(position);
  });

  it.each([
    '',
    'nonsense',
    encode(null),
    encode([]),
    encode(['2026-01-31T09:00:00.123Z']),
    encode(['2026-01-31T09:00:00.123Z', "' or 1=1"]),
    encode(['yesterday', ID]),
    encode(['0000-01-01T00:00:00.000Z', ID]),
    encode(['2026-02-31T09:00:00.123Z', ID]),
  ])('are refused when forged: %s', (cursor) => {
    expect(decodeCursor(cursor)).toBeUndefined();
  });
});
