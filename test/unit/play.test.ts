import { describe, expect, it } from 'vitest';
import type { Example } from '../../workflows/kit/definition.ts';
import { milliseconds, type Span } from '../kit/pass-time.ts';
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

  it('takes an expression for what is heard', async () => {
    const { customer } = scripted([{ text: 'Request №7' }], 'succeeded');
    const script = {
      title: 'Script',
      customer: [{ says: 'hi' }, { hears: /№\d/ }],
      ends: 'succeeded' as const,
    };
    expect((await play(script, customer, options)).heard).toEqual([
      { expected: '/№\\d/', said: 'Request №7' },
    ]);
  });

  it('lets time pass only after the bot has answered, and leaves that to the stage', async () => {
    const { customer } = scripted([{ text: 'When?' }], 'succeeded');
    const script = {
      title: 'Script',
      customer: [{ says: 'hi' }, { waits: '3 days' as const }],
      ends: 'succeeded' as const,
    };
    await expect(play(script, customer, options)).rejects.toThrow('no customer can do {"waits":"3 days"}');
    const staged: unknown[] = [];
    const patient = scripted([{ text: 'When?' }], 'succeeded').customer;
    const stage = async (step: unknown) => staged.push([step, (await patient.heard()).length]);
    await play(script, patient, { ...options, stage });
    expect(staged).toEqual([[{ waits: '3 days' }, 1]]);
  });
});

describe('a span of time', () => {
  it.each([
    ['3 days', 259_200_000],
    ['1 hour', 3_600_000],
    ['1.5 minutes', 90_000],
  ] as const)('%s', (span, ms) => {
    expect(milliseconds(span)).toBe(ms);
  });

  it('is refused when it is none', () => {
    expect(() => milliseconds('0 days')).toThrow('no span');
    expect(() => milliseconds('3 moons' as Span)).toThrow('no span');
  });
});
