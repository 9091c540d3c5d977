export type { ConversationRow } from '../../db/queries/conversations.ts';
