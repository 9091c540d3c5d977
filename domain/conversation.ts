/**
 * What goes on in a conversation, the first that is true of one of its open runs: something is being done, a manager or
 * the customer is waited for, nothing. A run that waits for a moment to come is nothing that goes on.
 */
export const CONVERSATION_STATUSES = ['working', 'waiting_manager', 'waiting_customer', 'quiet'] as const;
export type ConversationStatus = (typeof CONVERSATION_STATUSES)[number];
