import { createRequire } from 'node:module';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inAllLocales } from '../../domain/texts/catalogue.ts';
import type { RunningApp } from '../../workers/app.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { offer, quote } from '../fixtures/deploy/before.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';
import { sharedBundle } from '../support/shared-bundle.ts';

const resolve = createRequire(import.meta.url).resolve;
const RELEASES = {
  before: resolve('../fixtures/deploy/before.ts'),
  after: resolve('../fixtures/deploy/after.ts'),
};
const ASKED = 'What for?';
const SAID_FIRST = 'It takes a day.';
const OF_A_FAULT = inAllLocales('failure.stuck');

let product: Product;
let worker: RunningApp | undefined;

beforeAll(async () => {
  const processes = [...PROCESSES, offer.definition, quote.definition];
  product = await startProduct({ name: 'deploy', roles: ['api', 'projector'], processes });
});
afterAll(async () => {
  await worker?.stop();
  await product?.stop();
});

/** Workers of one release give way to those of another. */
async function deploy(release: keyof typeof RELEASES): Promise<void> {
  await worker?.stop();
  worker = await product.start(['worker'], {}, await sharedBundle(RELEASES[release]));
}

async function begin(process: string): Promise<{ chat: Chat; workflowId: string }> {
  const chat = product.chat();
  await chat.say(`/${process}`);
  await chat.hears(ASKED);
  const { workflowId } = await chat.run(process, 'waiting_user');
  return { chat, workflowId };
}

/** The code that workers have fails on this run's history. */
const refused = (workflowId: string) =>
  eventually(`the workflow task of ${workflowId} to fail`, async () => {
    const { raw } = await product.temporal.workflow.getHandle(workflowId).describe();
    return (raw.pendingWorkflowTask?.attempt ?? 0) > 1;
  });

/** What the processes said: whoever waits for a run that fails may hear of the fault, once. */
const saidIn = async (chat: Chat) =>
  (await chat.said()).filter((text) => !Object.values(OF_A_FAULT).includes(text));

const recorded = (said: readonly string[]) => said.filter((text) => text.startsWith('Recorded, №'));

describe('releases that follow each other over runs that wait', () => {
  let old: Awaited<ReturnType<typeof begin>>;
  let careless: Awaited<ReturnType<typeof begin>>;
  let young: Awaited<ReturnType<typeof begin>>;

  it('lead a run begun by the old code to its end by the new code, as the old code would have', async () => {
    await deploy('before');
    old = await begin('offer');
    careless = await begin('quote');
    await deploy('after');
    await old.chat.say('A table');
    await old.chat.run('offer', 'succeeded');
    const said = await saidIn(old.chat);
    expect(said).toEqual([ASKED, ...recorded(said)]);
    expect(recorded(said)).toHaveLength(1);
  });

  it('let new runs take the new way', async () => {
    young = await begin('offer');
    expect(await saidIn(young.chat)).toEqual([SAID_FIRST, ASKED]);
  });

  it('keep a run that the new code forgot where it is: it says nothing wrong, and goes on once code fits again', async () => {
    await careless.chat.say('A chair');
    await refused(careless.workflowId);
    expect(await saidIn(careless.chat)).toEqual([ASKED]);

    await deploy('before');
    await careless.chat.run('quote', 'succeeded');
    const said = await saidIn(careless.chat);
    expect(said).toEqual([ASKED, ...recorded(said)]);
    expect(recorded(said)).toHaveLength(1);
  });

  it('keep a run of the new way through a return to the old code', async () => {
    await young.chat.say('A bed');
    await refused(young.workflowId);
    await deploy('after');
    await young.chat.run('offer', 'succeeded');
    const said = await saidIn(young.chat);
    expect(said).toEqual([SAID_FIRST, ASKED, ...recorded(said)]);
    expect(recorded(said)).toHaveLength(1);
  });
});
