import { eq } from 'drizzle-orm';
import { processRuns } from '../../db/schema/index.ts';
import type { Example } from '../../workflows/kit/definition.ts';
import { eventually } from './eventually.ts';
import type { Product } from './stack.ts';

/** Whether nobody speaks in an example: the clock begins such a process, or another system. */
export const isAlone = (example: Example): boolean => example.customer.length === 0;

/** Begins a process by the API, as nobody's customer, and waits for its end. */
export async function begin(product: Product, process: string, key: string, input: object = {}) {
  const answer = await product.api(`/api/v1/processes/${process}/runs`, {
    method: 'POST',
    body: JSON.stringify({ input, key }),
  });
  const { run_id: runId } = (await answer.json()) as { run_id: string };
  return eventually(`the end of ${process}`, async () => {
    const [row] = await product.db.select().from(processRuns).where(eq(processRuns.runId, runId));
    return row?.endedAt ? row : undefined;
  });
}
