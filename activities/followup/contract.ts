import type { CallCount } from '../../domain/calls.ts';

/** One look at a lead. References and counts: what the client said stays in the store. */
export interface Look {
  tenantId: string;
  leadId: string;
  correlationId: string;
  /** The first one follows the push; the second one comes days later. */
  look: 1 | 2;
}

export interface Begun {
  messagesIn: number;
  messagesOut: number;
  /** Whether the lead lives in a CRM, where calls are counted and managers read. */
  inCrm: boolean;
}

/** What a score is made from, beside what the store knows. */
export interface Counted extends Look {
  messagesIn: number;
  messagesOut: number;
  calls?: CallCount | undefined;
}

export interface Scored {
  score: number;
}
