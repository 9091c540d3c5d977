import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ProcessDefinition } from '../../workflows/kit/definition.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { priceChanged } from '../fixtures/workflows/triggered.ts';
import { fuzz } from '../fuzz/fuzz.ts';
import { HOOK, surfaceOf } from '../fuzz/surface.ts';
import { type Product, startProduct } from '../support/product.ts';

const INPUTS = 5_000;
const SEED = 20_260_131;
const HEAP_BYTES = 32 * 1024 ** 2;

let product: Product;
beforeAll(async () => {
  product = await startProduct({
    name: 'hostile',
    roles: ['api'],
    env: { HOOK_SECRET_PRICE_CHANGED: HOOK.secret, LOG_LEVEL: 'silent' },
    processes: [...PROCESSES, priceChanged.definition as unknown as ProcessDefinition],
  });
});
afterAll(() => product.stop());

it(`${INPUTS} hostile requests to everything that the API describes are answered below 500, and leave nothing behind`, async () => {
  const surface = await surfaceOf(product, product.settings.apiToken);
  const { inputs, statuses, grown, failure } = await fuzz({
    url: product.env.PUBLIC_URL ?? '',
    surface,
    inputs: INPUTS,
    seed: SEED,
  });
  expect(failure).toBeUndefined();
  expect(inputs).toBeGreaterThanOrEqual(INPUTS);
  // Not all of it is stopped at the door.
  expect(statuses['200']).toBeGreaterThan(INPUTS / 10);
  expect(grown).toBeLessThan(HEAP_BYTES);
});
