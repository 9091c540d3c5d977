import type { Envelope } from '../../domain/envelope.ts';
import { buttonData, waitId } from '../../domain/ids.ts';
import type { Locale } from '../../domain/locale.ts';
import type { Button } from '../../domain/outbound.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import type { ProcessDefinition } from '../kit/definition.ts';
import type { ConversationState } from './state.ts';
import type { Voice } from './voice.ts';

/** One clarifying question when nobody can tell what is wanted: a button for each process. */
export class Clarifier {
  readonly #state: ConversationState;
  readonly #voice: Voice;
  readonly #options: readonly ProcessDefinition[];
  readonly #openMs: number;

  /** `openMs`: how long a question waits for its button. */
  constructor(
    state: ConversationState,
    voice: Voice,
    definitions: readonly ProcessDefinition[],
    openMs: number,
  ) {
    this.#openMs = openMs;
    this.#state = state;
    this.#voice = voice;
    this.#options = definitions.filter(
      (d) => d.name !== 'answer' && d.triggers.some((t) => t.on === 'intent'),
    );
  }

  ask(messages: Envelope[]): void {
    const about = messages[0];
    if (!about) return;
    const id = waitId(`clarify/${this.#state.id}`, about.number);
    const options = [...this.#options.map((d) => d.name), 'answer'];
    this.#state.clarification = {
      waitId: id,
      messages,
      options,
      openUntil: Date.now() + this.#openMs,
    };
    this.#voice.say(about, 'clarify', {
      text: text(about.locale, 'clarify.question'),
      format: 'plain',
      buttons: options.map((name, index) => [this.#button(name, id, index, about.locale)]),
    });
  }

  /** Whether these messages have been asked about before. */
  asked(messages: readonly Envelope[]): boolean {
    return messages.some((m) => m.number === this.#asked);
  }

  #asked = 0;

  /** Messages that were unclear, now read together with what came next. */
  takeOver(): Envelope[] {
    const messages = this.#state.clarification?.messages ?? [];
    this.#state.clarification = undefined;
    this.#asked = messages[0]?.number ?? 0;
    return messages;
  }

  /** The process behind a pressed button, with the messages it is for; undefined when it is another's button. */
  choose(wait: string, choice: number): { process: string; messages: Envelope[] } | undefined {
    const open = this.#state.clarification;
    const process = open?.waitId === wait ? open.options[choice] : undefined;
    if (!open || process === undefined) return undefined;
    this.#state.clarification = undefined;
    this.#chosen = wait;
    return { process, messages: open.messages };
  }

  /** Whether a button of the latest question has been pressed. */
  wasChosen(wait: string): boolean {
    return wait === this.#chosen;
  }

  #chosen: string | undefined;

  #button(name: string, id: string, index: number, locale: Locale): Button {
    const title = this.#options.find((d) => d.name === name)?.title[locale];
    return { text: title ?? text(locale, 'clarify.just_answer'), data: buttonData(id, index) };
  }
}
