import { acting } from './kit/activities.ts';
import { SENDING } from './kit/policies.ts';

export interface DeliverStart {
  conversationId: string;
  /** Business key of what is to be sent. */
  key: string;
}

/** Sends what a person has put back into the ledger. No run: what it does is the ledger's to tell. */
export async function deliver(start: DeliverStart): Promise<void> {
  await acting(SENDING, 'Send it again').deliverOpen(start);
}
