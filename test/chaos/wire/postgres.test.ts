import { expect, it } from 'vitest';
import { createReader, createStatements, writesOf } from './postgres-messages.ts';

const text = (value: string) => Buffer.from(`${value}\0`);
const int16 = (value: number) => Buffer.from([value >> 8, value & 255]);
const int32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
};
function message(type: string, ...parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}
const parse = (name: string, sql: string) => message('P', text(name), text(sql), int16(0));
const bind = (name: string, ...values: (string | null)[]) =>
  message(
    'B',
    text(''),
    text(name),
    int16(0),
    int16(values.length),
    ...values.flatMap((value) =>
      value === null ? [int32(-1)] : [int32(Buffer.byteLength(value)), Buffer.from(value)],
    ),
    int16(0),
  );

it('cuts a stream into messages wherever it is broken', () => {
  const startup = Buffer.concat([int32(8), int32(196_608)]);
  const stream = Buffer.concat([startup, parse('s1', 'select 1'), message('S')]);
  for (let size = 1; size <= stream.length; size++) {
    const read = createReader(true);
    const types: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      types.push(...read(stream.subarray(at, at + size)).map(({ type }) => type));
    }
    expect(types).toEqual(['', 'P', 'S']);
  }
});

it('knows a prepared statement by its name, with the values that are bound', () => {
  const understand = createStatements();
  const read = createReader(false);
  const sql = 'insert into "leads" ("id", "name") values ($1, $2)';
  expect(understand(read(Buffer.concat([parse('s1', sql), bind('s1', 'a', null)])))).toEqual({
    text: sql,
    values: ['a'],
  });
  expect(understand(read(bind('s1', 'b', 'ж')))).toEqual({ text: sql, values: ['b', 'ж'] });
  expect(understand(read(message('Q', text('begin '))))?.text).toBe('begin ');
  expect(understand(read(message('S')))).toBeUndefined();
});

it.each([
  ['insert into "leads" ("id") values ($1)', ['insert leads']],
  ['update "sends" set "state" = $1', ['update sends']],
  ['DELETE FROM drafts', ['delete drafts']],
  ['with known as (select 1) insert into "updates" select 1', ['insert updates']],
  [
    'with stored as (insert into updates (id) select 1 on conflict do update set a = 1) update messages set b = 1',
    ['insert updates', 'update messages'],
  ],
  ['select * from "leads" for update', []],
  ['select pg_notify($1, $2)', []],
])('%s writes %j', (sql, written) => {
  expect(writesOf({ text: sql, values: [] })).toEqual(written);
});
