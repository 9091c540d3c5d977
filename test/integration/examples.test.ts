import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { processRunSteps } from '../../db/schema/index.ts';
import * as workflows from '../../workflows/index.ts';
import type { ProcessWorkflow } from '../../workflows/kit/definition.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { begin, isAlone } from '../support/begin.ts';
import { play } from '../support/play.ts';
import { type Product, startProduct } from '../support/product.ts';

/** Workflows that are no process: what carries the processes. */
const INFRASTRUCTURE = ['conversation', 'deliver'];

describe('the registry', () => {
  const exported = Object.entries(workflows) as [string, Partial<ProcessWorkflow>][];

  it('holds every process that workers bundle, exported under its own name', () => {
    const processes = exported.filter(([name]) => !INFRASTRUCTURE.includes(name));
    expect(processes.map(([name, workflow]) => [name, workflow.definition?.name])).toEqual(
      processes.map(([name]) => [name, name]),
    );
    expect(PROCESSES.map(({ name }) => name).sort()).toEqual(processes.map(([name]) => name).sort());
  });

  it.each(PROCESSES.map((p) => [p.name, p] as const))('shows %s by at least one example', (_, process) => {
    expect(process.examples.length).toBeGreaterThan(0);
    const titles = process.examples.map(({ title }) => title);
    expect(new Set(titles).size).toBe(titles.length);
  });
});

describe('examples', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'examples', timing: { secondLookMs: 300 } });
  });
  afterAll(() => product.stop());

  const all = PROCESSES.flatMap(({ name, examples }) =>
    examples.map((example) => [name, example.title, example] as const),
  );

  // Each plays in a chat of its own, so they need not wait for each other.
  it.concurrent.each(all)('%s: %s', async (process, _title, example) => {
    if (isAlone(example)) {
      expect((await begin(product, process, 'example')).status).toBe(example.ends);
      return;
    }
    const chat = product.chat();
    const played = await play(example, chat, { process });
    const hears = example.customer.flatMap((step) => ('hears' in step ? [step.hears] : []));
    expect(played.heard.map(({ expected }) => expected)).toEqual(hears);
    for (const { expected, said } of played.heard) {
      expect(said.toLowerCase()).toContain(expected.toLowerCase());
    }
    const steps = await product.db
      .select({ number: processRunSteps.stepNumber })
      .from(processRunSteps)
      .where(eq(processRunSteps.runId, played.run.runId))
      .orderBy(processRunSteps.stepNumber);
    expect(steps.length).toBeGreaterThan(0);
    expect(steps.map(({ number }) => number)).toEqual(steps.map((_, i) => i + 1));
  });
});
