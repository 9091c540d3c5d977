import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { BackupRefused, linesOf, verifyBackup } from './format.ts';

const MANIFEST = {
  product: 'dirigent',
  format: 1,
  takenAt: '2026-03-01T10:00:00.000Z',
  schema: { migrations: 11, last: 'abc' },
};
const ROWS = ['1\tone', '2\tline\u2028separator and \\n', '3\t\\\\.'];
const TABLES = ['{"table":"messages","columns":["id","content"]}', ...ROWS, '\\.'];

function backup(lines: string[], rows: Record<string, number>, sum = sha(lines)): string {
  return `${[...lines, JSON.stringify({ rows, sha256: sum })].join('\n')}\n`;
}
const sha = (lines: string[]) =>
  createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex');

/** In parts of every length, as streams may cut it. */
async function* inParts(text: string, length: number): AsyncGenerator<Buffer> {
  const all = Buffer.from(text);
  for (let at = 0; at < all.length; at += length) yield all.subarray(at, at + length);
}
const verify = (text: string, length = 7) => verifyBackup(linesOf(inParts(text, length)));

describe('a backup', () => {
  const whole = backup([JSON.stringify(MANIFEST), ...TABLES], { messages: 3 });

  it.each([1, 2, 5, 64, 10_000])('says what it holds, read in parts of %i bytes', async (length) => {
    expect(await verify(whole, length)).toMatchObject({
      manifest: MANIFEST,
      summary: { rows: { messages: 3 } },
    });
  });

  it('is read in lines that only \\n ends: what customers write ends lines elsewhere', async () => {
    const lines: string[] = [];
    for await (const line of linesOf(inParts(`${ROWS.join('\n')}\n`, 3))) lines.push(line.toString('utf8'));
    expect(lines).toEqual(ROWS);
  });

  const other = (change: object) =>
    backup([JSON.stringify({ ...MANIFEST, ...change }), ...TABLES], { messages: 3 });
  it.each([
    ['was cut short within a table', whole.slice(0, whole.indexOf('3\t')), /not complete/],
    ['was cut short before its end', whole.slice(0, whole.lastIndexOf('{')), /the summary at the end/],
    ['was changed', whole.replace('one', 'two'), /checksum/],
    ['lacks a row', backup([JSON.stringify(MANIFEST), ...TABLES], { messages: 4 }), /all rows of messages/],
    [
      'lacks a table',
      backup([JSON.stringify(MANIFEST), ...TABLES], { messages: 3, leads: 1 }),
      /all rows of leads/,
    ],
    ['is of another product', other({ product: 'other' }), /manifest/],
    ['is of a later format', other({ format: 2 }), /manifest/],
    ['is something else', 'hello\nworld\nagain\n', /manifest/],
    ['is empty', '', /not complete/],
  ])('that %s is refused', async (_, text, why) => {
    const refusal = await verify(text).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(BackupRefused);
    expect((refusal as Error).message).toMatch(why);
  });
});
