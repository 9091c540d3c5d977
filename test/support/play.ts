import type { MischiefRule, ServiceName } from '../../sandbox/client.ts';
import type { Example, ExampleStep } from '../../workflows/kit/definition.ts';
import type { Span } from '../kit/pass-time.ts';
import { PATIENCE_MS } from './eventually.ts';

export interface CustomerRun {
  runId: string;
  workflowId: string;
  processId: string;
  status: string;
}

/** A customer who can be played. */
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

/** What only a test can do: let time pass, and make the outside fail. */
export type StageStep =
  /** Time passes, for this customer's workflows; what comes due meanwhile happens. */
  | { waits: Span }
  /** A service refuses connections, until it is repaired or the test ends. */
  | { breaks: ServiceName }
  | { repairs: ServiceName }
  /** Any other fault of the sandbox. */
  | { mischief: MischiefRule };

export type ScriptStep = ExampleStep | { hears: RegExp } | StageStep;

/** What is played: an example of a definition, or a script of a test, which may do more. */
export interface Script {
  title: string;
  customer: readonly ScriptStep[];
  ends: Example['ends'] | 'failed';
}

export interface PlayOptions {
  /** The run of this process must end as the script says. */
  process: string;
  /** Does what no customer can do. */
  stage?: (step: StageStep) => Promise<unknown>;
  /** How long one step may take. */
  patienceMs?: number;
}

export interface Played {
  /** The run that ended as the script says. */
  run: CustomerRun;
  /** Each `hears` of the script with what the bot said. */
  heard: { expected: string; said: string }[];
}

/** What a customer shares when an example says no more than `sharesContact`. */
export const EXAMPLE_CONTACT = { phone: '+77015550011', firstName: 'Айгуль' };

const LOOK_AGAIN_MS = 40;
const FINAL = ['succeeded', 'degraded', 'failed', 'cancelled'];

/**
 * Plays a script as a customer would: speaks only after the bot has, presses a button only once it is
 * there, and waits for the run of the process to end. Rejects with the step, and with what was said
 * until then, when something does not happen or the run ends differently.
 */
export async function play(script: Script, customer: Customer, options: PlayOptions): Promise<Played> {
  const heard: Played['heard'] = [];
  /** How much of what the bot has said the customer had read before the last thing they did. */
  let read = 0;
  /** `hears` go forward through what was said, and each takes another message. */
  let next = 0;
  let acted = false;
  let lastMessage: number | undefined;

  const expecting = <T>(what: string, look: () => Promise<T | undefined>) =>
    until(`${script.title}: ${what}`, look, customer, options);
  /** The bot has answered what the customer did last. */
  const answered = async () => {
    if (!acted) return;
    await expecting('an answer', async () => (await customer.heard()).length > read || undefined);
  };
  const act = async (step: Act): Promise<void> => {
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
    } else if (lastMessage === undefined) throw new Error(`${script.title}: nothing to edit yet.`);
    else await customer.edit(lastMessage, step.edits);
  };
  const hear = async (wanted: string | RegExp): Promise<void> => {
    const fits = (text: string) =>
      typeof wanted === 'string' ? text.toLowerCase().includes(wanted.toLowerCase()) : wanted.test(text);
    const said = await expecting(`"${wanted}"`, async () => {
      const all = await customer.heard();
      const index = all.findIndex(({ text }, i) => i >= next && fits(text));
      if (index < 0) return undefined;
      next = index + 1;
      return all[index]?.text;
    });
    heard.push({ expected: String(wanted), said });
  };

  for (const step of script.customer) {
    if ('hears' in step) await hear(step.hears);
    else if (isAct(step)) await act(step);
    else {
      if (!options.stage) throw new Error(`${script.title}: no customer can do ${JSON.stringify(step)}.`);
      // Nobody waits for days before they were answered.
      if ('waits' in step) await answered();
      await options.stage(step);
    }
  }
  const run = await expecting(`a run of ${options.process} that ends`, async () => {
    const runs = (await customer.runs()).filter((r) => r.processId === options.process);
    return runs.length > 0 && runs.every((r) => FINAL.includes(r.status)) ? runs.at(-1) : undefined;
  });
  if (run.status !== script.ends) {
    throw new Error(
      `${script.title}: the run of ${options.process} ended ${run.status}, not ${script.ends}.` +
        `\n${await transcript(customer)}`,
    );
  }
  return { run, heard };
}

type Act = Exclude<ExampleStep, { hears: string }>;
const ACTS = ['says', 'presses', 'sharesContact', 'edits'];
const isAct = (step: ScriptStep): step is Act => Object.keys(step).some((key) => ACTS.includes(key));

async function until<T>(
  what: string,
  look: () => Promise<T | undefined>,
  customer: Customer,
  { patienceMs = PATIENCE_MS }: PlayOptions,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
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
