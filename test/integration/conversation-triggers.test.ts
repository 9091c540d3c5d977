import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ran, startWithFixtures } from '../support/conversation.ts';
import type { Product } from '../support/product.ts';

describe('a process is started', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startWithFixtures({ name: 'conversation-triggers' });
  });
  afterAll(() => product.stop());

  it('by the end of another one, once, with its result as input', async () => {
    const chat = product.chat();
    await chat.say('/knock');
    await chat.hears('Hello, Anna.');
    const run = await chat.run('greet', 'succeeded');
    expect(run.parentWorkflowId).toMatch(/^knock\//);
    expect(run.input).toEqual({ guest: 'Anna' });
    await chat.settled();
    expect(await chat.said()).toEqual(['Knock.', 'Hello, Anna.']);
  });

  it('by a button of its own, which needs no question to be open', async () => {
    const chat = product.chat();
    await chat.say('/knock');
    await chat.hears('Hello, Anna.');
    await chat.press('Greet');
    await chat.hears('Hello, whoever pressed.');
    await chat.settled();
    await ran(chat, ['greet', 'greet', 'knock']);
  });
});
