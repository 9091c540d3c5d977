import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Import statements that leave code behind: `import type` leaves none. */
const valueImports = (source: string): string[] =>
  [...source.matchAll(/^(?:import|export) (?!type\b)[^;]*?from '([^']+)';/gm)].map((m) => m[1] as string);

const files = readdirSync(join(ROOT, 'workflows'), { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.endsWith('.test.ts'),
);

describe('the workflow sandbox', () => {
  it('knows activities by type only: their code must never be bundled', () => {
    const guilty = files.filter((file) =>
      valueImports(readFileSync(join(ROOT, 'workflows', file), 'utf8')).some((from) =>
        from.includes('/activities/'),
      ),
    );
    expect(files.length).toBeGreaterThan(10);
    expect(guilty).toEqual([]);
  });

  it('tells a type import from one that would be bundled', () => {
    expect(valueImports("import type { A } from '../activities/a.ts';")).toEqual([]);
    expect(valueImports("import { a, type A } from '../activities/a.ts';")).toEqual(['../activities/a.ts']);
  });
});
