import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { requests } from '../../db/schema/index.ts';
import { createDataConverter } from '../../workers/encryption/converter.ts';
import { describeRehearsal, openWorkflows, rehearse } from '../../workers/replay/open.ts';
import { bundleWorkflows } from '../../workers/worker.ts';
import type { ProcessDefinition, ProcessWorkflow } from '../../workflows/kit/definition.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { eventually } from '../support/eventually.ts';
import { codeOf } from '../support/pages.ts';
import { play } from '../support/play.ts';
import { type Product, startProduct } from '../support/product.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const [COMPLAINT] = codeOf('README.md').map(({ code }) => code);
/** A process before and after its change. */
const [OFFER, OFFER_LATER] = codeOf('docs/change-a-process.md').map(({ code }) => code);

/** Code of a page with its imports as they are from another folder. */
const elsewhere = (code = ''): string =>
  code.replaceAll("from '../", `from '${ROOT}`).replaceAll("from './", `from '${ROOT}workflows/`);

describe('the processes that the pages show', () => {
  let folder: string;
  const definitions: ProcessDefinition[] = [];
  let product: Product;

  const file = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  /** The product's workflows and, in files of their own, these. */
  const bundleWith = (name: string, processes: Record<string, string>) => {
    const exported = Object.entries(processes).map(
      ([process, path]) => `export { ${process} } from '${path}';\n`,
    );
    return bundleWorkflows(
      file(`${name}.ts`, `export * from '${ROOT}workflows/index.ts';\n${exported.join('')}`),
    );
  };

  beforeAll(async () => {
    // Below the repository, where its packages are found.
    mkdirSync(join(ROOT, '.data'), { recursive: true });
    folder = mkdtempSync(join(ROOT, '.data/worked-example-'));
    const shown = {
      complaint: file('complaint.ts', elsewhere(COMPLAINT)),
      offer: file('offer.ts', elsewhere(OFFER)),
    };
    for (const [name, path] of Object.entries(shown)) {
      const loaded: Record<string, ProcessWorkflow> = await import(pathToFileURL(path).href);
      const definition = loaded[name]?.definition;
      if (definition) definitions.push(definition);
    }
    product = await startProduct({
      name: 'add-a-process',
      bundle: await bundleWith('index', shown),
      processes: [...PROCESSES, ...definitions],
    });
  });
  afterAll(async () => {
    await product?.stop();
    if (folder) rmSync(folder, { recursive: true, force: true });
  });

  it('do what their examples show, and leave a request for a person', async () => {
    expect(definitions.map(({ name }) => name)).toEqual(['complaint', 'offer']);
    for (const { name, examples } of definitions) {
      for (const example of examples) {
        const played = await play(example, product.chat(), { process: name });
        const [request] = await product.db
          .select()
          .from(requests)
          .where(eq(requests.key, played.run.workflowId));
        const details = name === 'complaint' ? { wish: 'refund' } : { wanted: 'Стол' };
        expect(request).toMatchObject({ kind: 'task', status: 'open', details });
      }
    }
  });

  it('go on while people wait, where the change keeps both ways; where it does not, their runs are named', async () => {
    const chat = product.chat();
    await chat.say('/offer');
    await chat.hears('Что вам предложить');
    const { workflowId } = await chat.run('offer', 'waiting_user');

    const converter = createDataConverter(product.settings.encryption.keys);
    const rehearsed = async (name: string, code: string) => {
      const bundle = await bundleWith(`${name}-index`, { offer: file(`${name}.ts`, elsewhere(code)) });
      return eventually('visibility to list the run', async () => {
        const open = openWorkflows({
          client: product.temporal,
          taskQueue: product.settings.temporal.taskQueue,
          signal: AbortSignal.timeout(20_000),
        });
        const waiting = [];
        for await (const workflow of open) if (workflow.workflowType === 'offer') waiting.push(workflow);
        return waiting.length > 0 && describeRehearsal(await rehearse(bundle, waiting, converter));
      });
    };
    const later = OFFER_LATER ?? '';
    expect(await rehearsed('both-ways', later)).toEqual([
      'Replayed: 1 open workflow, all lead through this code.',
    ]);
    const careless = later.replace("if (patched('offer-says-how-long')) ", '');
    expect(careless).not.toBe(later);
    const lines = await rehearsed('careless', careless.replace(/^import \{ patched \}.*\n/m, ''));
    expect(lines[0]).toBe('This code would break 1 of 1 open workflow:');
    expect(lines[1]).toMatch(new RegExp(`offer: ${workflowId} diverges at event \\d+ \\(`));
    expect(lines.at(-1)).toContain('patched(');
  });

  it('are listed by the API with their schema, and found by their words while no model can be reached', async () => {
    const listed = await product.api('/api/v1/processes/complaint');
    expect(await listed.json()).toMatchObject({ name: 'complaint' });
    for (const service of ['ollama', 'openai'] as const) await product.outside.mischief.takeDown(service);
    const chat = product.chat();
    await chat.say('Привезли бракованный стол, у меня жалоба');
    await chat.run('complaint', 'waiting_user');
  });
});
