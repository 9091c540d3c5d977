import { defineQuery, defineSignal, defineUpdate } from '@temporalio/workflow';
import type { IfUnknown } from '../../domain/doubt.ts';
import type { Envelope } from '../../domain/envelope.ts';
import type { Locale } from '../../domain/locale.ts';
import type { Timing } from '../../domain/timing.ts';

/** A question that a run has asked in a conversation and waits for. */
export interface Wait {
  waitId: string;
  workflowId: string;
  /** How many buttons it has. A written message may answer it too. */
  choices: number;
  /** Epoch milliseconds after which nobody waits any more. */
  expiresAt: number;
  /** Does not wait for its turn: it is asked beside whatever else is open. */
  beside?: true;
}

export interface OpenWait extends Wait {
  /** Numbers of the messages that the run has made its own before asking. */
  consumed: number[];
}

/** `queued`: another question is open in this chat; `questionTurn` will say when to ask again. */
export type WaitOpened = 'open' | 'queued';

/** What a run reports when it has stopped listening to further messages of its turn, or has ended. */
export interface TurnReport {
  workflowId: string;
  consumed: number[];
  ended: boolean;
  failed: boolean;
  cancelled?: true;
  /** Numbers of replies that came when the run had stopped waiting for them. */
  unread?: number[];
}

export interface ConversationStart {
  conversationId: string;
  timing: Timing;
  /** When to continue as new; absent: well below what the server allows. */
  limits?: { received: number; events: number };
  /** Present after continue-as-new. */
  carried?: unknown;
}

/** What somebody else says through the bot. */
export interface Utterance {
  key: string;
  draft: string;
  correlationId: string;
  /** What becomes of it when nobody can tell whether it arrived. */
  ifUnknown?: IfUnknown;
}

/** A reply as the conversation hands it to the run that waits for it. */
export interface Reply {
  waitId: string;
  /** Replaces what the customer replied before. */
  corrects?: true;
  /** Index of the pressed button. */
  choice?: number;
  /** The written message, to be read from the store. */
  message?: { messageId: string; number: number; locale: Locale; correlationId: string; contact: boolean };
  /** The customer asked for something else first; set by the rules at intake. */
  hint?: 'human';
}

// To a conversation. All plain data: they travel through histories and over continue-as-new.
export const inboundSignal = defineSignal<[Envelope[]]>('inbound');
export const waitArmedSignal = defineSignal<[{ waitId: string; platformId: string }]>('waitArmed');
export const waitClosedSignal = defineSignal<[{ waitId: string }]>('waitClosed');
export const turnReportSignal = defineSignal<[TurnReport]>('turnReport');
/** Something is to be said that did not come from a run: kept as a draft, said once per key. */
export const utterSignal = defineSignal<[Utterance]>('utter');
/** Continue with nothing of what was before: the customer has asked to be forgotten. */
export const beginAfreshSignal = defineSignal('beginAfresh');
/** What the customer asked of this run is accepted: it goes on by itself, and /cancel leaves it alone. */
export const runAcceptedSignal = defineSignal<[{ workflowId: string }]>('runAccepted');
export const openWaitUpdate = defineUpdate<WaitOpened, [OpenWait]>('openWait');
export const conversationQuery = defineQuery<ConversationView>('conversation');

/** What a conversation holds right now, for people and tests. */
export interface ConversationView {
  mark: number;
  /** Seen and not handled yet. */
  inbox: number[];
  waits: { waitId: string; workflowId: string; armed: boolean }[];
  /** Questions that wait for their turn to be asked. */
  queued: number;
  turn: { workflowId?: string; messages: number[] } | null;
  /** Numbers of messages that wait for the next turn. */
  next: number[];
  /** Workflow ids of open runs that began here. */
  runs: string[];
  /** Signals and updates that this execution has received. */
  received: number;
}

// To a run.
export const replySignal = defineSignal<[Reply]>('reply');
export const amendSignal = defineSignal<[Envelope[]]>('amend');
export const questionTurnSignal = defineSignal<[{ waitId: string }]>('questionTurn');
/** A provider's answer is stored. Also for a wait that has not begun yet, or is over. */
export const callbackSignal = defineSignal<[{ callbackId: string }]>('callback');
/**
 * Ends the run's wait for a provider or a timer now, so that it tries again. Rejected, with the reason, while it
 * waits for nothing that may be cut short. Returns what it waited for, in words.
 */
export const resumeUpdate = defineUpdate<string>('resume');
/** Asks a run to report its end by signal: its conversation has continued as new and sees no child's result. */
export const watchSignal = defineSignal('watch');
