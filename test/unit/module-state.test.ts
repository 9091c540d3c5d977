import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Keeps what follows from its key alone, whichever workflow asks. */
const CACHES = ['domain/intent/rivals.ts: const compiled = new WeakMap<Lexicon, Patterns>();'];

/** Statements of a module that hold what can change after it was loaded. Statements of a module begin a line. */
const changeable = (source: string): string[] =>
  source
    .split('\n')
    .filter(
      (line) =>
        /^(?:export )?(?:let|var)\b/.test(line) ||
        /^(?:export )?const .*= new (?:Weak)?(?:Map|Set)\b[^(]*\(\)/.test(line) ||
        /^ {2}static (?!readonly\b|async\b|[#\w]+\()/.test(line),
    );

describe('modules of workflows', () => {
  // They are loaded once for all workflows of a worker: what one run leaves there another would find,
  // and a replay elsewhere would not.
  it('hold nothing that a run could change', () => {
    const found = ['workflows', 'domain'].flatMap((room) =>
      readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .flatMap((name) =>
          changeable(readFileSync(join(ROOT, room, name), 'utf8')).map((line) => `${room}/${name}: ${line}`),
        ),
    );
    expect(found).toEqual(CACHES);
  });

  it.each([
    'let counter = 0;',
    'export var seen = false;',
    'const seen = new Map<string, number>();',
    'export const seen = new Set();',
    '  static last: string | undefined;',
  ])('are known by %s', (line) => {
    expect(changeable(line)).toEqual([line]);
  });

  it.each([
    "const WORDS = new Set(['a']);",
    'const one = () => {\n  let two = 1;\n};',
    '  static readonly LIMIT = 3;',
    '  static of(it: string) {',
  ])('may hold %s', (line) => {
    expect(changeable(line)).toEqual([]);
  });
});
