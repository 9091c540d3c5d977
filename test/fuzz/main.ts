import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startServers } from '../../bench/support/servers.ts';
import { createLogger } from '../../config/logger.ts';
import type { ProcessDefinition } from '../../workflows/kit/definition.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { priceChanged } from '../fixtures/workflows/triggered.ts';
import { startStack } from '../support/stack.ts';
import { fuzz } from './fuzz.ts';
import { HOOK, surfaceOf } from './surface.ts';

const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
const inputs = Number(values.inputs);
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
/** For all inputs: what a request leaves behind would be many times this. */
const HEAP_BYTES = 64 * 1024 ** 2;

/** `npm run fuzz`: hostile requests to the API of a whole product, on servers of its own. */
async function main(): Promise<number> {
  if (!Number.isInteger(inputs) || inputs < 1 || !Number.isInteger(seed)) {
    console.error('Usage: npm run fuzz -- [--inputs 100000] [--seed S]');
    return 2;
  }
  console.log(`${inputs} inputs, seed ${seed}`);
  const servers = await startServers();
  try {
    const product = await startStack({
      temporalAddress: servers.temporalAddress,
      databaseUrl: servers.databaseUrl,
      taskQueue: 'fuzz',
      roles: ['api'],
      env: { HOOK_SECRET_PRICE_CHANGED: HOOK.secret },
      processes: [...PROCESSES, priceChanged.definition as unknown as ProcessDefinition],
      // The API runs no workflow.
      bundle: { code: '' },
      log: createLogger({ level: 'fatal' }),
      logLevel: 'fatal',
    });
    try {
      const surface = await surfaceOf(product, product.settings.apiToken);
      const url = product.env.PUBLIC_URL ?? '';
      const {
        statuses,
        grown,
        failure,
        inputs: sent,
      } = await fuzz({ url, surface, inputs, seed, say: console.log });
      console.log(`${sent} inputs were answered: ${JSON.stringify(statuses)}`);
      console.log(`The heap grew by ${(grown / 1024 ** 2).toFixed(1)} MB after the warm-up.`);
      if (failure !== undefined) console.error(failure);
      return failure === undefined && grown < HEAP_BYTES ? 0 : 1;
    } finally {
      await product.stop();
    }
  } finally {
    await servers.stop();
  }
}

process.exit(await main());
