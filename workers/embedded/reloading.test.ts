import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { freePort } from './ports.ts';
import type { RunningProduct } from './product.ts';
import { startReloadingProduct } from './reloading.ts';

/** A product that is up at once. */
const PRODUCT = `
import { createServer } from 'node:http';
createServer((_, response) => response.end('ok')).listen(Number(process.env.PORT), '127.0.0.1');
process.once('SIGTERM', () => process.exit(0));
`;

/** A rehearsal that judges the workflow by what stands on disk when it is run. */
const REHEARSAL = `
import { waits } from '../../workflows/lead.ts';
console.log(waits ? 'Replayed: all lead through this code.' : 'This code would break lead/7.');
`;

const LONG_MS = 60_000;

describe('npm run dev', () => {
  const root = mkdtempSync(join(tmpdir(), 'dirigent-reloading-'));
  const write = (file: string, text: string) => writeFileSync(join(root, file), text);
  let product: RunningProduct | undefined;
  afterEach(() => product?.stop());
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  /** What the command prints, and a way to wait for it. */
  function printed() {
    const lines: string[] = [];
    const waiting = new Set<() => void>();
    return {
      lines,
      log(line: string) {
        lines.push(line);
        for (const look of waiting) look();
      },
      says: (text: string) =>
        new Promise<void>((resolve) => {
          const look = () => {
            if (!lines.some((line) => line.includes(text))) return;
            waiting.delete(look);
            resolve();
          };
          waiting.add(look);
          look();
        }),
    };
  }

  it('names the waiting runs that a change of a workflow would break as soon as the file is saved, and says when it is mended', {
    timeout: LONG_MS,
  }, async () => {
    for (const folder of ['workers/embedded', 'workflows'])
      mkdirSync(join(root, folder), { recursive: true });
    symlinkSync(fileURLToPath(new URL('../../node_modules', import.meta.url)), join(root, 'node_modules'));
    write('package.json', '{"type":"module"}');
    write('workers/main.ts', PRODUCT);
    write('workers/embedded/rehearsal.ts', REHEARSAL);
    write('workflows/lead.ts', 'export const waits: boolean = true;\n');
    const { lines, log, says } = printed();
    const env = { PATH: process.env.PATH, PORT: String(await freePort(0)) };
    product = await startReloadingProduct({ env, log, onLine: () => undefined, root });
    await says('all lead through this code');
    expect(lines.join()).not.toContain('would break');

    // What is no code of the product changes nothing.
    write('workflows/lead.test.ts', 'throw new Error();\n');
    write('workflows/lead.ts', 'export const waits: boolean = false;\n');
    await says('This code would break lead/7.');
    expect(new Set(lines.filter((line) => line.includes('changed')))).toEqual(
      new Set(['workflows/lead.ts changed: starting the product anew.']),
    );

    lines.length = 0;
    write('workflows/lead.ts', 'export const waits: boolean = true;\n');
    await says('all lead through this code');
  });
});
