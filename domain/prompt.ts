/**
 * What a model is asked to do in the product, each with the values that its instructions may name. All of
 * them come from the configuration or the code. What people write has no name here: it goes to a model as a
 * message of its own, never into the instructions.
 */
export const PROMPT_TASKS = {
  /** `correction`: the last message only corrects one that was answered before. */
  answer: { values: ['business', 'language'], flags: ['correction'], needed: [] },
  /** `intents`: a line for each process, with what a message for it means. */
  intent: {
    values: ['intents', 'language', 'message_begin', 'message_end'],
    flags: [],
    needed: ['intents', 'message_begin', 'message_end'],
  },
  lead: { values: ['language'], flags: [], needed: [] },
  /** How likely a client is to buy; `language` is that of the managers. */
  score: { values: ['business', 'language'], flags: [], needed: [] },
} as const satisfies Record<string, { values: string[]; flags: string[]; needed: string[] }>;

export type PromptTask = keyof typeof PROMPT_TASKS;

/** What instructions of a task may be filled with. */
export type PromptValues<T extends PromptTask> = Record<(typeof PROMPT_TASKS)[T]['values'][number], string> &
  Record<(typeof PROMPT_TASKS)[T]['flags'][number], boolean>;

/** One version of the instructions for a task; it never changes once it was used. */
export interface Prompt {
  name: string;
  version: number;
  task: PromptTask;
  /** What it is for, in a sentence. */
  about: string;
  /** SHA-256 of the file, in hex: what tells whether a version was changed after all. */
  hash: string;
  text: string;
}

/** `name@version`. */
export const promptRef = ({ name, version }: Pick<Prompt, 'name' | 'version'>): string =>
  `${name}@${version}`;

export const isPromptTask = (task: string): task is PromptTask => Object.hasOwn(PROMPT_TASKS, task);

const PLACEHOLDER = /\{\{([^{}]*)\}\}/g;
/** A line of its own that opens or closes a part which stands there only when its flag is set. */
const TAG = /^\{\{([#/])([a-z_]+)\}\}$/;

/** What is wrong with a template; empty when it can be used. */
export function promptFaults(task: PromptTask, text: string): string[] {
  const { values, flags, needed } = PROMPT_TASKS[task] as (typeof PROMPT_TASKS)[PromptTask] & Named;
  const faults: string[] = [];
  const named = new Set<string>();
  let open: string | undefined;
  for (const line of text.split('\n')) {
    const tag = TAG.exec(line.trim());
    if (tag === null) {
      for (const [whole, name = ''] of line.matchAll(PLACEHOLDER)) {
        named.add(name);
        if (!values.includes(name)) faults.push(`${whole} is no value of the task ${task}`);
      }
      if (/\{\{|\}\}/.test(line.replace(PLACEHOLDER, '')))
        faults.push('has a brace that closes or opens nothing');
      continue;
    }
    const [, kind, name = ''] = tag;
    if (!flags.includes(name)) faults.push(`${tag[0]} is no flag of the task ${task}`);
    if (kind === '#' ? open !== undefined : open !== name) faults.push(`${tag[0]} stands in the wrong place`);
    open = kind === '#' ? name : undefined;
  }
  if (open !== undefined) faults.push(`{{#${open}}} is never closed`);
  for (const name of needed) {
    if (!named.has(name))
      faults.push(`{{${name}}} is missing, without which the task ${task} cannot be done`);
  }
  if (text.trim() === '') faults.push('is empty');
  return faults;
}

interface Named {
  values: readonly string[];
  flags: readonly string[];
  needed: readonly string[];
}

/** The instructions of a checked prompt. A value is put in as it is: nothing in it is a placeholder. */
export function renderPrompt<T extends PromptTask>(
  { text }: Prompt & { task: T },
  values: PromptValues<T>,
): string {
  const known: Readonly<Record<string, string | boolean>> = values;
  let shown = true;
  const lines: string[] = [];
  for (const line of text.trim().split('\n')) {
    const tag = TAG.exec(line.trim());
    if (tag !== null) shown = tag[1] === '/' || known[tag[2] ?? ''] === true;
    else if (shown) lines.push(line.replace(PLACEHOLDER, (_, name: string) => String(known[name] ?? '')));
  }
  return lines.join('\n');
}
