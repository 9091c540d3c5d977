import type { Envelope } from '../../domain/envelope.ts';
import { say as text } from '../../domain/texts/catalogue.ts';
import type { ConversationState } from './state.ts';
import type { Turns } from './turns.ts';
import type { Voice } from './voice.ts';

/** An album is one message: its items are held until a moment after the last one. */
export class Albums {
  readonly #state: ConversationState;
  readonly #voice: Voice;
  readonly #turns: Turns;
  readonly #holdMs: number;
  /** Of the albums being collected: how many items there are, and when that is all. */
  readonly #collecting = new Map<string, { items: number; due: number }>();

  constructor(state: ConversationState, voice: Voice, turns: Turns, holdMs: number) {
    this.#state = state;
    this.#voice = voice;
    this.#turns = turns;
    this.#holdMs = holdMs;
  }

  /** Whether nothing more of this album is expected. */
  complete(albumId: string): boolean {
    if (albumId === this.#state.lastAlbum) return true;
    const items = this.#items(albumId).length;
    const known = this.#collecting.get(albumId);
    const due = known?.items === items ? known.due : Date.now() + this.#holdMs;
    this.#collecting.set(albumId, { items, due });
    return Date.now() >= due;
  }

  /** When the next album is complete; epoch milliseconds. */
  get due(): number | undefined {
    const times = [...this.#collecting.values()].map((album) => album.due);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** Answers all items with the first: by its caption if there is one. */
  answer(first: Envelope, albumId: string): void {
    const { inbox } = this.#state;
    const rest = this.#items(albumId);
    const caption = [first, ...rest].find((item) => item.hasText);
    const late = albumId === this.#state.lastAlbum;
    this.#collecting.delete(albumId);
    this.#state.lastAlbum = albumId;
    for (const item of rest) inbox.take(item.number);
    inbox.done([first, ...rest].filter((item) => item !== caption).map((item) => item.number));
    if (caption) this.#turns.take(caption);
    else if (!late) {
      this.#voice.say(first, 'album', text(first.locale, 'media.album', { count: rest.length + 1 }));
    }
  }

  #items(albumId: string): Envelope[] {
    return this.#state.inbox.waiting.filter((e) => e.albumId === albumId);
  }
}
