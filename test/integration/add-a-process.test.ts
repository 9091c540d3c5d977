import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requests } from '../../db/schema/index.ts';
import { bundleWorkflows } from '../../workers/worker.ts';
import type { ProcessDefinition, ProcessWorkflow } from '../../workflows/kit/definition.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { play } from '../support/play.ts';
import { type Product, startProduct } from '../support/product.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PAGE = join(ROOT, 'README.md');

/** The worked example, as a reader would copy it. */
function exampleOnPage(): string {
  const block = /```ts\n([\s\S]*?)```/.exec(readFileSync(PAGE, 'utf8'))?.[1];
  if (block === undefined) throw new Error(`${PAGE} has no example.`);
  return block;
}

/** Its imports, as they are from another folder. */
const elsewhere = (code: string): string =>
  code.replaceAll("from '../", `from '${ROOT}`).replaceAll("from './", `from '${ROOT}workflows/`);

describe('the process that the README adds', () => {
  const code = exampleOnPage();
  let folder: string;
  let definition: ProcessDefinition;
  let product: Product;

  beforeAll(async () => {
    // Below the repository, where its packages are found.
    mkdirSync(join(ROOT, '.data'), { recursive: true });
    folder = mkdtempSync(join(ROOT, '.data/worked-example-'));
    const file = (name: string, text: string) => writeFileSync(join(folder, name), text);
    file('complaint.ts', elsewhere(code));
    file(
      'index.ts',
      `export * from '${ROOT}workflows/index.ts';\nexport { complaint } from './complaint.ts';\n`,
    );
    const config = { extends: '../../tsconfig.json', include: ['*.ts'], exclude: [] };
    file('tsconfig.json', JSON.stringify(config));
    const loaded: { complaint: ProcessWorkflow } = await import(
      pathToFileURL(join(folder, 'complaint.ts')).href
    );
    definition = loaded.complaint.definition;
    product = await startProduct({
      name: 'add-a-process',
      bundle: await bundleWorkflows(join(folder, 'index.ts')),
      processes: [...PROCESSES, definition],
    });
  });
  afterAll(async () => {
    await product?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('has at most forty lines', () => {
    expect(code.trimEnd().split('\n').length).toBeLessThanOrEqual(40);
  });

  it('compiles under the rules of this repository', async () => {
    const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
    const complaints = await promisify(execFile)(process.execPath, [tsc, '-p', folder]).then(
      ({ stdout }) => stdout,
      (error: { stdout?: string; message: string }) => error.stdout || error.message,
    );
    expect(complaints).toBe('');
  });

  it('does what its examples show, and leaves a request for a person', async () => {
    for (const example of definition.examples) {
      const played = await play(example, product.chat(), { process: 'complaint' });
      const [request] = await product.db
        .select()
        .from(requests)
        .where(eq(requests.key, played.run.workflowId));
      expect(request).toMatchObject({ kind: 'task', status: 'open', details: { wish: 'refund' } });
    }
  });

  it('is listed by the API with its schema, and found by its words while no model can be reached', async () => {
    const listed = await product.api('/api/v1/processes/complaint');
    expect(await listed.json()).toMatchObject({ name: 'complaint' });
    for (const service of ['ollama', 'openai'] as const) await product.outside.mischief.takeDown(service);
    const chat = product.chat();
    await chat.say('Привезли бракованный стол, у меня жалоба');
    await chat.run('complaint', 'waiting_user');
  });
});
