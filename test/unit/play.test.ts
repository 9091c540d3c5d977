import { describe, expect, it } from 'vitest';
import type { Example } from '../../workflows/kit/definition.ts';
import { type Customer, type CustomerRun, play } from '../support/play.ts';

/** A bot that answers each act of the customer from a script, one look later. */
function scripted(answers: { text: string; buttons?: string[] }[], status: string) {
  const acts: string[] = [];
  const said: { text: string; buttons: string[] }[] = [];
  let due = 0;
  const act = async (what: string) => {
    acts.push(`${what} after ${said.length}`);
    due++;
    return { messageId: acts.length };
  };
  const run: CustomerRun = { runId: 'r', workflowId: 'w', processId: 'p', status };
  const customer: Customer = {
    say: (text) => act(text),
    press: (label) => act(`[${label}]`),
    shareContact: () => act('contact'),
    edit: (id, text) => act(`${id}: ${text}`),
    async heard() {
      const before = [...said];
      const next = due > said.length ? answers[said.length] : undefined;
      if (next) said.push({ buttons: [], ...next });
      return before;
    },
    runs: async () => [run],
  };
  return { customer, acts };
}

const example = (customer: Example['customer']): Example => ({
  title: 'Example',
  customer,
  ends: 'succeeded',
});
const options = { process: 'p', patienceMs: 150 };

describe('play', () => {
  it('speaks only after the bot has, and presses only what is there', async () => {
    const { customer, acts } = scripted(
      [{ text: 'Which?', buttons: ['A', 'B'] }, { text: 'When?' }, { text: 'Done' }],
      'succeeded',
    );
    const steps = [{ says: 'hello' }, { presses: 'B' }, { says: 'today' }, { hears: 'DONE' }];
    const played = await play(example(steps), customer, options);
    expect(acts).toEqual(['hello after 0', '[B] after 1', 'today after 2']);
    expect(played.heard).toEqual([{ expected: 'DONE', said: 'Done' }]);
  });

  it('edits the last message without waiting for an answer', async () => {
    const { customer, acts } = scripted([], 'succeeded');
    await play(example([{ says: 'helo' }, { edits: 'hello' }]), customer, options);
    expect(acts).toEqual(['helo after 0', '1: hello after 0']);
  });

  it('takes one message of the bot for one expectation only', async () => {
    const { customer } = scripted([{ text: 'Done' }], 'succeeded');
    const steps = [{ says: 'hello' }, { hears: 'done' }, { hears: 'done' }];
    await expect(play(example(steps), customer, options)).rejects.toThrow(
      /"done" did not come.*the bot: Done/s,
    );
  });

  it('fails when the run ends otherwise, does not end, or is of another process', async () => {
    const failed = scripted([{ text: 'Done' }], 'degraded').customer;
    await expect(play(example([{ says: 'hi' }]), failed, options)).rejects.toThrow(
      /ended degraded, not succ/,
    );
    const open = scripted([{ text: 'Done' }], 'running').customer;
    await expect(play(example([{ says: 'hi' }]), open, options)).rejects.toThrow(/did not come/);
    const other = scripted([{ text: 'Done' }], 'succeeded').customer;
    await expect(play(example([]), other, { ...options, process: 'q' })).rejects.toThrow(/did not come/);
  });
});
