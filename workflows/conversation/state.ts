import type { ConversationRow } from '../../activities/store/contract.ts';
import type { Envelope } from '../../domain/envelope.ts';
import type { ConversationStart, ConversationView } from '../kit/messages.ts';
import { Inbox, type InboxSnapshot } from './inbox.ts';
import { Waits, type WaitsSnapshot } from './waits.ts';

/** The turn in progress: what the customer said, being classified or in the hands of a run. */
export interface OpenTurn {
  /** Messages the turn began with or was amended by before its run started. */
  messages: Envelope[];
  /** Offered to the run after it started; it will report which ones it took. */
  offered: Envelope[];
  workflowId?: string;
  startedAt: number;
  amendments: number;
  /** When the latest amendment came: what comes in the same moment is one amendment. */
  amendedAt: number;
  /** Its run has been told that others wait. */
  hurried?: true;
  /** Settles when its run can be signalled. */
  started?: Promise<unknown>;
}

export function newTurn(messages: Envelope[]): OpenTurn {
  const now = Date.now();
  return { messages, offered: [], startedAt: now, amendments: 0, amendedAt: now };
}

/** A question of the conversation itself: which process did the customer mean? */
export interface Clarification {
  waitId: string;
  messages: Envelope[];
  /** Process of each button, in order. */
  options: string[];
  /** The conversation does not end before: epoch milliseconds. */
  openUntil: number;
}

export interface Carried {
  inbox: InboxSnapshot;
  waits: WaitsSnapshot;
  runs: [string, Envelope][];
  accepted?: string[];
  stopped?: string[];
  next: Envelope[];
  clarification?: Clarification;
  saved: number;
  row: ConversationRow;
  lastAlbum?: string;
  takenBy: [string, string][];
  limitToldAt?: number;
}

/** Messages whose process is remembered, so that correcting one does not do the same work twice. */
const REMEMBERED = 30;

/** All that order and routing need. The transcript is in PostgreSQL. */
export class ConversationState {
  readonly id: string;
  inbox = new Inbox(0);
  waits = new Waits();
  turn: OpenTurn | undefined;
  /** Kept for the next turn, because the current one could not take them. */
  next: Envelope[] = [];
  /** Open runs that began here, each with its first message: for /cancel, and for the word when one fails. */
  readonly runs = new Map<string, Envelope>();
  /** Open runs that do what is owed to the customer: /cancel leaves them alone. */
  accepted = new Set<string>();
  /** Open runs that the customer has stopped: they know of it. */
  stopped = new Set<string>();
  clarification: Clarification | undefined;
  /** Platform id of a message and the process that took it. */
  takenBy = new Map<string, string>();
  /** An item that comes after its album was answered says nothing new. */
  lastAlbum: string | undefined;
  /** When the customer was last told of writing too much: epoch milliseconds. */
  limitToldAt = 0;
  /** The handled mark that the database knows. */
  saved = 0;
  /** Signals and updates since this execution began: the server limits them, and its hint ignores them. */
  received = 0;
  activeAt = Date.now();
  #row: ConversationRow | undefined;
  /** What arrived before the mark was known. */
  #early: Envelope[] = [];

  constructor(start: ConversationStart) {
    this.id = start.conversationId;
    const carried = start.carried as Carried | undefined;
    if (!carried) return;
    this.inbox = Inbox.restore(carried.inbox);
    this.waits = new Waits(carried.waits);
    for (const [run, first] of carried.runs) this.runs.set(run, first);
    this.accepted = new Set(carried.accepted);
    this.stopped = new Set(carried.stopped);
    this.next = carried.next;
    this.clarification = carried.clarification;
    this.saved = carried.saved;
    this.#row = carried.row;
    this.lastAlbum = carried.lastAlbum;
    this.takenBy = new Map(carried.takenBy);
    this.limitToldAt = carried.limitToldAt ?? 0;
  }

  carry(): Carried {
    return {
      inbox: this.inbox.snapshot(),
      waits: this.waits.snapshot(),
      runs: [...this.runs.entries()],
      ...(this.accepted.size > 0 ? { accepted: [...this.accepted] } : {}),
      ...(this.stopped.size > 0 ? { stopped: [...this.stopped] } : {}),
      next: this.next,
      ...(this.clarification ? { clarification: this.clarification } : {}),
      saved: this.saved,
      row: this.row,
      ...(this.lastAlbum === undefined ? {} : { lastAlbum: this.lastAlbum }),
      takenBy: [...this.takenBy.entries()],
      ...(this.limitToldAt > 0 ? { limitToldAt: this.limitToldAt } : {}),
    };
  }

  /** What is still to be done, without anything the customer has typed: arguments of commands, data of buttons. */
  carryBare(): Carried {
    const bare = ({ command: _c, button: _b, ...rest }: Envelope): Envelope => rest;
    const carried = this.carry();
    const { clarification: _asked, lastAlbum: _album, ...rest } = carried;
    return {
      ...rest,
      waits: { ...carried.waits, answered: [] },
      runs: carried.runs.map(([run, first]) => [run, bare(first)]),
      takenBy: [],
    };
  }

  get loaded(): boolean {
    return this.#row !== undefined;
  }

  get row(): ConversationRow {
    if (!this.#row) throw new Error('The conversation has not been loaded yet.');
    return this.#row;
  }

  /** Begins behind what was handled before this conversation last ended. */
  begin(row: ConversationRow): void {
    this.#row = row;
    this.inbox = new Inbox(row.handledNumber);
    this.saved = row.handledNumber;
    this.inbox.add(this.#early);
    this.#early = [];
  }

  /** What is known about the customer may have changed; what is remembered here has not. */
  refresh(row: ConversationRow): void {
    this.#row = row;
  }

  remember(messages: readonly Envelope[], process: string): void {
    for (const m of messages) this.takenBy.set(m.edits ?? m.platformId, process);
    for (const oldest of this.takenBy.keys()) {
      if (this.takenBy.size <= REMEMBERED) break;
      this.takenBy.delete(oldest);
    }
  }

  receive(envelopes: Envelope[]): void {
    if (this.loaded) this.inbox.add(envelopes);
    else this.#early.push(...envelopes);
  }

  /** Nothing is open that a quiet end would lose. */
  get quiet(): boolean {
    const asking = this.clarification !== undefined && this.clarification.openUntil > Date.now();
    const working = this.turn !== undefined || this.next.length > 0 || this.runs.size > 0;
    return this.inbox.idle && !working && !asking && !this.waits.any;
  }

  view(): ConversationView {
    const { turn } = this;
    return {
      mark: this.inbox.mark,
      inbox: this.inbox.waiting.map((e) => e.number),
      waits: this.waits.open.map((w) => ({
        waitId: w.waitId,
        workflowId: w.workflowId,
        armed: w.platformId !== undefined,
      })),
      turn: turn
        ? {
            ...(turn.workflowId === undefined ? {} : { workflowId: turn.workflowId }),
            messages: [...turn.messages, ...turn.offered].map((e) => e.number),
          }
        : null,
      queued: this.waits.queued,
      next: this.next.map((e) => e.number),
      runs: [...this.runs.keys()],
      received: this.received,
    };
  }

  /** One line for whoever opens this workflow in the Temporal UI. */
  describe(): string {
    const { turn } = this;
    const numbers = (envelopes: readonly Envelope[]) => envelopes.map((e) => e.number).join(', ');
    const parts = [
      ...(turn
        ? [`${turn.workflowId ?? 'understanding'}: messages ${numbers([...turn.messages, ...turn.offered])}`]
        : []),
      ...(this.next.length > 0 ? [`next turn: messages ${numbers(this.next)}`] : []),
      ...this.waits.open.map((w) => `${w.workflowId} waits for a reply`),
      ...(this.inbox.waiting.length > 0 ? [`held back: messages ${numbers(this.inbox.waiting)}`] : []),
      ...(this.runs.size > 0 ? [`open runs: ${[...this.runs.keys()].join(', ')}`] : []),
    ];
    return parts.join('\n') || `Nothing is open; handled up to message ${this.inbox.mark}.`;
  }
}
