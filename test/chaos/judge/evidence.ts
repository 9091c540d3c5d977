import type { Profile } from '../boundaries.ts';
import type { Victim } from '../stack/victims.ts';

/** A row of the ledger of sends, and what became of it. */
export interface SendEvidence {
  id: string;
  key: string;
  ordinal: number;
  state: string;
  messageId: number | undefined;
  text: string;
  /** Whether it was ever marked as one of which nobody knows. */
  everUnknown: boolean;
  resolution: string | undefined;
  resolvedBy: string | undefined;
}

export interface RunEvidence {
  runId: string;
  process: string;
  status: string;
  losses: string[];
  beganAt: number;
  endedAt: number | undefined;
}

/** All that is known of one customer of the sweep. Plain data: the judge reads nothing else. */
export interface CustomerEvidence {
  chatId: number;
  path: string;
  /** Where it was held, and who was killed then. */
  hit: { boundary: string; victim: Victim; at: number } | undefined;
  /** What the path brings about when nothing dies. */
  profile: Profile | undefined;
  /** Numbers of the updates that the platform has handed over. */
  updates: number[];
  storedUpdates: number[];
  /** Messages of the customer in the order in which they were numbered, by the platform's ids. */
  numbered: number[];
  /** Messages stored and never handled. */
  unhandled: number;
  /** What the customer can read. */
  read: string[];
  /** Milliseconds from the kill that hit them to the next message. */
  nextReplyMs: number | undefined;
  sends: SendEvidence[];
  runs: RunEvidence[];
  leads: string[];
  /** Origins of the leads in the CRM. */
  crmLeads: string[];
  /** Services that the script itself disturbs. */
  disturbed: string[];
  /** Why they are not at rest. */
  restless: string | undefined;
}

export interface KillEvidence {
  victim: Victim;
  at: number;
  backAfterMs: number;
  inFlight: string[];
  bystanders: string[];
}

export interface Evidence {
  customers: CustomerEvidence[];
  kills: KillEvidence[];
  /** Where rows differ from their histories, a line each. */
  differences: string[];
  unreached: string[];
  unlisted: string[];
}
