import { Bell } from '../http/bell.ts';
import type { Call } from './match.ts';

/** One request that a service received, without secrets. */
export interface JournalEntry extends Call {
  seq: number;
  /** ISO time of arrival. */
  at: string;
  /** Kinds of mischief that acted on it. */
  mischief: string[];
  /** Set once answered; absent while open, and for a request that was never answered. */
  status?: number;
}

const KEPT = 5000;

/** Every request that the services received, the newest `KEPT` of them. */
export class Journal {
  #entries: JournalEntry[] = [];
  #seq = 0;
  #bell = new Bell();

  record(call: Call, mischief: string[]): JournalEntry {
    const entry: JournalEntry = { ...call, seq: ++this.#seq, at: new Date().toISOString(), mischief };
    this.#entries.push(entry);
    if (this.#entries.length > KEPT) this.#entries.shift();
    this.#bell.ring();
    return entry;
  }

  answered(entry: JournalEntry, status: number): void {
    entry.status = status;
    this.#bell.ring();
  }

  /** Requests after `after`, waiting up to `waitMs` for the first one. */
  async read(
    after: number,
    filter: (entry: JournalEntry) => boolean,
    waitMs: number,
  ): Promise<JournalEntry[]> {
    const look = () => {
      const found = this.#entries.filter((entry) => entry.seq > after && filter(entry));
      return found.length > 0 ? found : undefined;
    };
    return (await this.#bell.until(look, waitMs)) ?? [];
  }

  clear(): void {
    this.#entries = [];
  }
}
