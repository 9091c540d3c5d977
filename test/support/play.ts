import type { Example, ExampleStep } from '../../workflows/kit/definition.ts';

export interface CustomerRun {
  runId: string;
  workflowId: string;
  processId: string;
  status: string;
}

/** A customer who can be played: a sandbox chat in tests, a chat on a screen in the demo. */
export interface Customer {
  say(text: string): Promise<{ messageId: number }>;
  /** Presses the newest button with this label. */
  press(label: string): Promise<unknown>;
  shareContact(contact: { phone: string; firstName: string }): Promise<{ messageId: number }>;
  edit(messageId: number, text: string): Promise<unknown>;
  /** Everything the bot has said, oldest first, with the labels of the buttons that can be pressed now. */
  heard(): Promise<readonly { text: string; buttons: readonly string[] }[]>;
  /** Runs of this customer, as the projection shows them. */
  runs(): Promise<readonly CustomerRun[]>;
}

export interface PlayOptions {
  /** The run of this process must end as the example says. */
  process: string;
  /** How long one step may take. */
  patienceMs?: number;
  signal?: AbortSignal;
  /** Told before each step, for whoever watches. */
  onStep?: (step: ExampleStep) => void;
}

export interface Played {
  /** The run that ended as the example says. */
  run: CustomerRun;
  /** Each `hears` of the example with what the bot said. */
  heard: { expected: string; said: string }[];
}

/** What a customer shares when an example says no more than `sharesContact`. */
export const EXAMPLE_CONTACT = { phone: '+77015550011', firstName: 'Айгуль' };

const LOOK_AGAIN_MS = 40;
const FINAL = ['succeeded', 'degraded', 'failed', 'cancelled'];

/**
 * Plays an example as a customer would: speaks only after the bot has, presses a button only once it is
 * there, and waits for the run of the process to end. Rejects with the step, and with what was said
 * until then, when something does not happen or the run ends differently.
 */
export async function play(example: Example, customer: Customer, options: PlayOptions): Promise<Played> {
  const heard: Played['heard'] = [];
  /** How much of what the bot has said the customer had read before the last thing they did. */
  let read = 0;
  /** `hears` go forward through what was said, and each takes another message. */
  let next = 0;
  let acted = false;
  let lastMessage: number | undefined;

  const expecting = <T>(what: string, look: () => Promise<T | undefined>) =>
    until(`${example.title}: ${what}`, look, customer, options);
  /** The bot has answered what the customer did last. */
  const answered = async () => {
    if (!acted) return;
    await expecting('an answer', async () => (await customer.heard()).length > read || undefined);
  };
  const act = async (step: Exclude<ExampleStep, { hears: string }>): Promise<void> => {
    if ('presses' in step) {
      await expecting(`a button "${step.presses}"`, async () =>
        (await customer.heard()).find((said) => said.buttons.includes(step.presses)),
      );
    } else if (!('edits' in step)) await answered();
    read = (await customer.heard()).length;
    acted = true;
    if ('presses' in step) await customer.press(step.presses);
    else if ('says' in step) lastMessage = (await customer.say(step.says)).messageId;
    else if ('sharesContact' in step) {
      lastMessage = (await customer.shareContact(EXAMPLE_CONTACT)).messageId;
    } else if (lastMessage === undefined) throw new Error(`${example.title}: nothing to edit yet.`);
    else await customer.edit(lastMessage, step.edits);
  };

  for (const step of example.customer) {
    options.onStep?.(step);
    if (!('hears' in step)) {
      await act(step);
      continue;
    }
    const wanted = step.hears.toLowerCase();
    const said = await expecting(`"${step.hears}"`, async () => {
      const all = await customer.heard();
      const index = all.findIndex(({ text }, i) => i >= next && text.toLowerCase().includes(wanted));
      if (index < 0) return undefined;
      next = index + 1;
      return all[index]?.text;
    });
    heard.push({ expected: step.hears, said });
  }
  const run = await expecting(`a run of ${options.process} that ends`, async () => {
    const runs = (await customer.runs()).filter((r) => r.processId === options.process);
    return runs.length > 0 && runs.every((r) => FINAL.includes(r.status)) ? runs.at(-1) : undefined;
  });
  if (run.status !== example.ends) {
    throw new Error(
      `${example.title}: the run of ${options.process} ended ${run.status}, not ${example.ends}.` +
        `\n${await transcript(customer)}`,
    );
  }
  return { run, heard };
}

async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  customer: Customer,
  { patienceMs = 30_000, signal }: PlayOptions,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    signal?.throwIfAborted();
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) {
      throw new Error(`${what} did not come within ${patienceMs} ms.\n${await transcript(customer)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}

async function transcript(customer: Customer): Promise<string> {
  const [said, runs] = await Promise.all([customer.heard(), customer.runs()]);
  const lines = [
    ...said.map(({ text, buttons }) => `the bot: ${[text, ...buttons.map((b) => `[${b}]`)].join(' ')}`),
    ...runs.map((run) => `run: ${run.processId} ${run.status}`),
  ];
  return lines.length > 0 ? lines.join('\n') : 'The bot has said nothing, and no run has begun.';
}
