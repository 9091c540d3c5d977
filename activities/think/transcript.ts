import type { Database } from '../../db/client.ts';
import { findConversation, readMessages, transcript } from '../../db/queries/conversations.ts';
import { wordsOfButton } from '../../domain/ids.ts';
import type { ChatMessage } from '../llm/contract.ts';

/** About 3 characters of Russian or Kazakh make a token; the context gets some 2,000 of them. */
const CONTEXT_CHARS = 6_000;
const CONTEXT_MESSAGES = 30;

/** The texts a turn consists of, with the latest correction in place of what it corrects. */
export async function turnText(db: Database, tenantId: string, messageIds: string[]): Promise<string> {
  return (await readTurn(db, tenantId, messageIds)).text;
}

/**
 * The same; `words` without what was not written for us to read, such as a card's name; the contact that was
 * shared last; and whether it only corrects messages that were taken before.
 */
export async function readTurn(db: Database, tenantId: string, messageIds: string[]) {
  const rows = await readMessages(db, tenantId, messageIds);
  /** What each message was corrected to, by its platform id. */
  const latest = new Map(
    rows.flatMap((row) => (row.metadata.edits ? [[row.metadata.edits, row] as const] : [])),
  );
  const own = new Set(rows.map((row) => row.channelMessageId));
  const said = rows.filter((row) => (latest.get(row.metadata.edits ?? row.channelMessageId) ?? row) === row);
  return {
    text: joined(said),
    words: joined(said.filter((row) => row.contentType !== 'contact')),
    contact: said.findLast((row) => row.metadata.contact)?.metadata.contact,
    /** When the customer began to wait. */
    arrivedAt: rows[0]?.createdAt,
    correction:
      said.length > 0 && said.every(({ metadata: { edits } }) => edits !== undefined && !own.has(edits)),
  };
}

const joined = (rows: Parameters<typeof describe>[0][]): string =>
  rows
    .map((row) => describe(row))
    .filter(Boolean)
    .join('\n');

/** What was said before the turn, oldest first, as much as fits. */
export async function contextBefore(
  db: Database,
  conversationId: string,
  messageIds: string[],
): Promise<ChatMessage[]> {
  const row = await findConversation(db, conversationId);
  if (!row) return [];
  const own = new Set(messageIds);
  const said = await transcript(db, row.tenantId, row.chatId, conversationId, CONTEXT_MESSAGES);
  const context: ChatMessage[] = [];
  let left = CONTEXT_CHARS;
  for (const message of said) {
    if (own.has(message.id)) continue;
    const content = describe(message);
    left -= content.length;
    if (left < 0) break;
    if (content !== '') {
      context.unshift({ role: message.direction === 'inbound' ? 'user' : 'assistant', content });
    }
  }
  return context;
}

/** A message in words for a model: what cannot be read is named, not hidden. */
function describe(message: {
  contentType: string;
  content: string;
  metadata: { command?: { args: string } };
}) {
  const { contentType, content, metadata } = message;
  if (metadata.command) return metadata.command.args;
  if (contentType === 'contact') return '[shared a contact]';
  if (contentType === 'button') return wordsOfButton(content) ?? '';
  if (contentType === 'sticker') return '';
  return contentType === 'text'
    ? content
    : [`[${contentType}, not readable here]`, content].filter(Boolean).join(' ');
}
