import { getExternalWorkflowHandle } from '@temporalio/workflow';
import type { Envelope } from '../../domain/envelope.ts';
import { isLocale, LOCALES } from '../../domain/locale.ts';
import { LOCALE_NAMES, say as text } from '../../domain/texts/catalogue.ts';
import { ownData } from '../kit/activities.ts';
import { commandOf, type ProcessDefinition } from '../kit/definition.ts';
import { SOON } from '../kit/policies.ts';
import { LANGUAGE_BUTTON } from './route.ts';
import type { ConversationState } from './state.ts';
import type { Turns } from './turns.ts';
import type { Voice } from './voice.ts';

/** Commands of the conversation itself, in the order of the menu. Processes bring their own. */
export const BUILT_IN_COMMANDS = ['start', 'help', 'status', 'cancel', 'lang', 'human'] as const;
type BuiltInCommand = (typeof BUILT_IN_COMMANDS)[number];

export class Commands {
  readonly #state: ConversationState;
  readonly #voice: Voice;
  readonly #turns: Turns;
  readonly #definitions: readonly ProcessDefinition[];

  constructor(
    state: ConversationState,
    voice: Voice,
    turns: Turns,
    definitions: readonly ProcessDefinition[],
  ) {
    this.#state = state;
    this.#voice = voice;
    this.#turns = turns;
    this.#definitions = definitions;
  }

  async run(name: string, args: string, envelope: Envelope): Promise<void> {
    const { locale } = envelope;
    if (!isBuiltIn(name)) {
      this.#voice.say(envelope, 'unknown-command', text(locale, 'command.unknown', { command: name }));
      return;
    }
    switch (name) {
      case 'start':
        this.#voice.say(envelope, name, text(locale, 'start.greeting'));
        return;
      case 'help':
        this.#voice.say(envelope, name, this.#help(envelope));
        return;
      case 'status':
        this.#status(envelope);
        return;
      case 'cancel':
        this.cancel(envelope);
        return;
      case 'lang':
        this.language(args, envelope);
        return;
      case 'human':
        await this.#turns.startProcess('request', [envelope], { kind: 'person' });
    }
  }

  /** Stops everything that is open here for the customer. What was accepted is owed, and goes on. */
  cancel(envelope: Envelope): void {
    const { runs: begun, accepted, waits } = this.#state;
    const runs = new Set([...[...begun.keys()].filter((run) => !accepted.has(run)), ...waits.runs]);
    for (const run of runs) this.#state.stopped.add(run);
    const abandoned = this.#turns.abandon() ? 1 : 0;
    this.#voice.sayFound(envelope, 'cancel', async () => {
      const cancelled = await Promise.all([...runs].map(requestCancel));
      const count = cancelled.filter(Boolean).length + abandoned;
      return count > 0
        ? text(envelope.locale, 'cancel.done', { count })
        : text(envelope.locale, 'cancel.none');
    });
  }

  /** `/lang kk`, or a pressed language button. */
  language(value: string, envelope: Envelope): void {
    const wanted = value.trim().toLowerCase();
    if (!isLocale(wanted)) {
      const { locale } = envelope;
      this.#voice.say(envelope, 'lang', {
        text: wanted === '' ? text(locale, 'lang.ask') : text(locale, 'lang.unknown', { value: wanted }),
        format: 'plain',
        buttons: LOCALES.map((known) => [{ text: LOCALE_NAMES[known], data: `${LANGUAGE_BUTTON}:${known}` }]),
      });
      return;
    }
    this.#state.row.locale = wanted;
    this.#voice.sayFound(envelope, 'lang', async () => {
      await ownData(SOON, 'Remember the language').chooseLanguage({
        conversationId: this.#state.id,
        locale: wanted,
      });
      return text(wanted, 'lang.changed');
    });
  }

  #help(envelope: Envelope): string {
    const { locale } = envelope;
    const line = (command: string, description: string) =>
      text(locale, 'help.line', { command, description });
    const lines = [
      ...this.#definitions.flatMap((d) => {
        const command = commandOf(d);
        return command === undefined ? [] : [line(command, d.title[locale])];
      }),
      ...BUILT_IN_COMMANDS.map((command) => line(command, text(locale, `command.${command}`))),
    ];
    return text(locale, 'help.text', { lines });
  }

  #status(envelope: Envelope): void {
    const { row } = this.#state;
    this.#voice.sayFound(envelope, 'status', async () => {
      const lines = await ownData(SOON, 'List the requests').describeRequests({
        tenantId: row.tenantId,
        customerId: row.customerId,
        locale: envelope.locale,
        titles: Object.fromEntries(this.#definitions.map((d) => [d.name, d.title[envelope.locale]])),
      });
      return lines.length === 0
        ? text(envelope.locale, 'status.none')
        : [text(envelope.locale, 'status.header'), ...lines].join('\n');
    });
  }
}

const isBuiltIn = (name: string): name is BuiltInCommand =>
  BUILT_IN_COMMANDS.includes(name as BuiltInCommand);

/** False when the run is already gone. */
async function requestCancel(workflowId: string): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(workflowId).cancel();
    return true;
  } catch {
    return false;
  }
}
