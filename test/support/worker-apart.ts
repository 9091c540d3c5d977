import { freePort } from './ports.ts';
import { startProduct } from './product.ts';
import { serve } from './served.ts';
import type { ProductChoices } from './stack.ts';

export interface Killed {
  /** In milliseconds. */
  killedAt: number;
  /** How long it took until the next one was ready. */
  backAfterMs: Promise<number>;
}

export interface WorkerApartOptions {
  /** Names the database. */
  name: string;
  timing: ProductChoices['timing'];
}

/** The product, ready, with its worker in a process of its own, so that it can be killed. */
export async function startWorkerApart({ name, timing = {} }: WorkerApartOptions) {
  const product = await startProduct({ name, roles: ['api', 'projector'], timing });
  const env = { ...product.env, PORT: String(await freePort()), LOG_LEVEL: 'warn' };
  const start = () => serve({ env, yaml: product.yaml, args: ['--role', 'worker'] });
  let worker = await start();
  await worker.ready();
  return {
    product,
    /** It takes tasks from now on, and does not answer. */
    freeze: () => worker.kill('SIGSTOP'),
    /** Kills it and starts the next one in the same moment. */
    async killAndRestart(): Promise<Killed> {
      worker.kill('SIGKILL');
      const killedAt = Date.now();
      // Its port is taken until then.
      await worker.exited;
      worker = await start();
      const backAfterMs = worker.ready().then(() => Date.now() - killedAt);
      // Whoever does not ask does not need to know.
      backAfterMs.catch(() => undefined);
      return { killedAt, backAfterMs };
    },
    async stop(): Promise<void> {
      worker.kill('SIGTERM');
      await worker.exited;
      await product.stop();
    },
  };
}

export type WorkerApart = Awaited<ReturnType<typeof startWorkerApart>>;
