import type { z } from 'zod';
import type { Envelope } from '../../domain/envelope.ts';
import type { Locale } from '../../domain/locale.ts';
import type { ContentType } from '../../domain/message.ts';
import type { RunResult } from '../../domain/run.ts';
import type { RunStart } from './start.ts';

/** What makes a process start. */
export type Trigger =
  /** `/name`, also listed in the bot's menu. */
  | { on: 'command'; command: string }
  /**
   * What the customer means. `means` is one English sentence for the model; `words` are stems for the
   * rules that decide while no model can be reached.
   */
  | { on: 'intent'; means: string; words: Partial<Record<Locale, readonly string[]>> }
  /** A message of this kind, whatever it says. */
  | { on: 'message'; kind: ContentType }
  /** A button whose callback data begins with this and a colon. */
  | { on: 'button'; prefix: string }
  /** The end of a run of another process; its result is the input. */
  | { on: 'end'; of: string; input: (result: RunResult) => unknown }
  | ScheduleTrigger
  | WebhookTrigger;

/**
 * By the clock, once for each tenant. A firing is left out while the run of the one before is still open;
 * after an outage of Temporal those of the last hour are made up for.
 */
export interface ScheduleTrigger {
  on: 'schedule';
  /** Five fields, as in crontab: minute, hour, day of month, month, day of week. */
  cron: string;
  /** IANA name, such as `Asia/Almaty`: the fields are read there, also when its clocks change. */
  timeZone: string;
  /** Input of each run; `{}` when absent. */
  input?: unknown;
}

/**
 * `POST /hooks/<process>` by a system outside, with a secret of its own. Stored before it is acknowledged,
 * and started once for each delivery, whatever happens meanwhile.
 */
export interface WebhookTrigger {
  on: 'webhook';
  /** What the other system sends. */
  body: z.ZodType;
  /** The input of the run, from the body as the schema parsed it; the body itself when absent. */
  input?: (body: never) => unknown;
  /** Names the delivery, for senders that set no header `Idempotency-Key`. */
  id?: (body: never) => string | undefined;
}

/** A webhook trigger whose functions know what its schema parses. */
export const webhook = <Body extends z.ZodType>(trigger: {
  body: Body;
  input?: (body: z.output<Body>) => unknown;
  id?: (body: z.output<Body>) => string | undefined;
}): WebhookTrigger => ({ on: 'webhook', ...trigger });

/** One thing the customer does in an example. */
export type ExampleStep =
  | { says: string }
  | { presses: string }
  | { sharesContact: true }
  | { edits: string }
  /** Waits until the bot has said something that contains this. */
  | { hears: string };

/** A conversation that shows the process: demo, recorded histories, tests and documentation run it. */
export interface Example {
  title: string;
  /** Empty where nobody speaks: the process is begun with `{}`. */
  customer: ExampleStep[];
  ends: 'succeeded' | 'degraded' | 'cancelled';
}

export interface ProcessDefinition<Input extends z.ZodType = z.ZodType> {
  /** Workflow type, process id in tables and API: `lower_snake_case`. Never changes once a history holds it. */
  name: string;
  title: Record<Locale, string>;
  /** What it does, for the API and the docs. One English sentence. */
  purpose: string;
  /** Checked at the edge; its JSON Schema is published. A start from a chat passes `{}`. */
  input: Input;
  triggers: readonly Trigger[];
  examples: readonly [Example, ...Example[]];
}

/** A workflow function that carries its definition. */
export interface ProcessWorkflow<Input extends z.ZodType = z.ZodType, Output = unknown> {
  (start: RunStart): Promise<RunResult<Output>>;
  definition: ProcessDefinition<Input>;
}

export const commandOf = (definition: ProcessDefinition): string | undefined =>
  definition.triggers.flatMap((t) => (t.on === 'command' ? [t.command] : []))[0];

/** The process that a message starts without asking a model, if any. */
export function directTrigger(
  definitions: readonly ProcessDefinition[],
  envelope: Envelope,
): ProcessDefinition | undefined {
  return definitions.find((definition) =>
    definition.triggers.some((trigger) => {
      switch (trigger.on) {
        case 'command':
          return envelope.command?.name === trigger.command;
        case 'message':
          return envelope.command === undefined && envelope.kind === trigger.kind;
        case 'button':
          return envelope.button?.data.startsWith(`${trigger.prefix}:`) === true;
        default:
          return false;
      }
    }),
  );
}
