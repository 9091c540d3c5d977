import type { Locale } from '../../domain/locale.ts';

/** Whose messages are to be thought about. References: the texts are read where the thinking is done. */
export interface ThinkRequest {
  tenantId: string;
  conversationId?: string | undefined;
  customerId?: string | undefined;
  correlationId: string;
  locale: Locale;
  /** What the messages that began the run were understood to mean, where somebody has understood them. */
  intent?: string | undefined;
  messageIds: string[];
}

export interface Understood {
  /** A process's name, or `human`, `task`, `smalltalk`, `unknown`. */
  intent: string;
  by: 'model' | 'rules';
}

/** A text kept in the store, to be sent by reference. */
export interface DraftReference {
  draft: string;
}

export interface ExtractedLead {
  name?: string;
  phone?: string;
  need?: string;
}
