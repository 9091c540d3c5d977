import { createRequire } from 'node:module';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { ServiceName } from '../../sandbox/client.ts';
import type { Chat } from '../support/chat.ts';
import { type Played, play, type Script, type StageStep } from '../support/play.ts';
import { type Product, type ProductOptions, startProduct } from '../support/product.ts';
import { sharedBundle } from '../support/shared-bundle.ts';
import { milliseconds, passTime } from './pass-time.ts';

const require = createRequire(import.meta.url);

/** The workflows that ship, in a sandbox whose clock can be moved. */
export const movingClockBundle = () =>
  sharedBundle(require.resolve('../../workflows/index.ts'), [require.resolve('./moving-clock.ts')]);

export interface Scene extends Played {
  /** The customer, who may go on. */
  chat: Chat;
}

/**
 * The whole product for the tests of one process, against stand-ins for everything outside, with a clock
 * that scripts can move. Call it inside `describe`: it starts before the tests and ends after them, and
 * what a test has broken is whole again for the next.
 */
export function stage(
  { definition: { name } }: { definition: { name: string } },
  options: Omit<ProductOptions, 'name' | 'bundle'> = {},
) {
  let started: Product | undefined;
  const product = () => {
    if (!started) throw new Error('The product starts before the first test, not while tests are collected.');
    return started;
  };
  beforeAll(async () => {
    started = await startProduct({ ...options, name: `stage-${name}`, bundle: await movingClockBundle() });
  });
  afterEach(() => started?.outside.mischief.clear());
  afterAll(() => started?.stop());

  return {
    get product(): Product {
      return product();
    },
    /**
     * A customer nobody has met yet goes through the script, and the run of the process ends as said. Rejects
     * with the step that did not happen and with what was said until then.
     */
    async play(customer: Script['customer'], ends: Script['ends']): Promise<Scene> {
      const { outside, temporal } = product();
      const chat = product().chat();
      const broken = new Map<ServiceName, () => Promise<unknown>>();
      const onStage = async (step: StageStep): Promise<void> => {
        if ('waits' in step) await passTime(chat, temporal, milliseconds(step.waits));
        else if ('breaks' in step) broken.set(step.breaks, await outside.mischief.takeDown(step.breaks));
        else if ('repairs' in step) await broken.get(step.repairs)?.();
        else await outside.mischief.add(step.mischief);
      };
      const title = expect.getState().currentTestName ?? name;
      const played = await play({ title, customer, ends }, chat, { process: name, stage: onStage });
      return { ...played, chat };
    },
  };
}
