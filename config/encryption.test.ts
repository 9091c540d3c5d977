import { describe, expect, it } from 'vitest';
import { encryption } from './encryption.ts';

const KEY = Buffer.alloc(32, 'a').toString('base64');
const OTHER = Buffer.alloc(32, 'b').toString('base64url');
const keys = (text: string) => encryption.parse({ keys: text }).keys;
const faults = (given: unknown) =>
  encryption.safeParse(given).error?.issues.map(({ message }) => message) ?? [];

describe('encryption keys', () => {
  it('are named, the first one encrypts, and all of them decrypt', () => {
    const { active, all } = keys(`2026:${KEY}, 2025:${OTHER}`);
    expect(active).toEqual({ id: '2026', secret: Buffer.alloc(32, 'a') });
    expect(all.map(({ id }) => id)).toEqual(['2026', '2025']);
  });

  it('are never left out by accident: off has to be said, and may keep keys to read by', () => {
    expect(faults(undefined)[0]).toMatch(/^is missing/);
    expect(faults({})[0]).toMatch(/^is missing/);
    expect(keys('off')).toEqual({ active: undefined, all: [] });
    expect(keys(`off,2025:${OTHER}`)).toMatchObject({ active: undefined, all: [{ id: '2025' }] });
  });

  it.each([
    `${KEY}`,
    `:${KEY}`,
    'short:c2hvcnQ=',
    `a:${KEY}${KEY}`,
    `a:${KEY},`,
    '',
    `a:${KEY},off`,
    `a:${KEY},a:${OTHER}`,
  ])('are refused in any other form, without being shown: %s', (text) => {
    expect(faults({ keys: text })).toHaveLength(1);
    expect(faults({ keys: text }).join()).not.toMatch(/YWFh|c2hv/);
  });
});

it('origins are taken as a list or with commas, and without their paths', () => {
  const parse = (uiOrigins: unknown) => encryption.parse({ keys: 'off', uiOrigins }).uiOrigins;
  expect(parse(['https://ui.example/namespaces'])).toEqual(['https://ui.example']);
  expect(parse('http://localhost:8233, http://127.0.0.1:8233/')).toEqual([
    'http://localhost:8233',
    'http://127.0.0.1:8233',
  ]);
});
