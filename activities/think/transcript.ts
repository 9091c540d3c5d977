import type { Database } from '../../db/client.ts';
import { readMessages, transcript } from '../../db/queries/conversations.ts';
import { wordsOfButton } from '../../domain/ids.ts';
import { estimateTokens } from '../../domain/tokens.ts';
import type { ChatMessage } from '../llm/contract.ts';

/**
 * Of the smallest window that a default chat model has (8,192): some 4,000 are for the answer, 1,000 for
 * instructions, the rest for the turn itself. More would also make each answer slower and dearer.
 */
const CONTEXT_TOKENS = 2_000;
const CONTEXT_MESSAGES = 30;
/** What marks a message's role and end. */
const PER_MESSAGE = 4;

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

/** What was said before the turn, oldest first: whole messages, the newest of them that fit. */
export async function contextBefore(
  db: Database,
  tenantId: string,
  conversationId: string,
  messageIds: string[],
): Promise<ChatMessage[]> {
  const said = await transcript(db, tenantId, conversationId, CONTEXT_MESSAGES);
  return fittingContext(said, messageIds, CONTEXT_TOKENS);
}

type Said = Parameters<typeof describe>[0] & { id: string; direction: 'inbound' | 'outbound' };

/**
 * Of messages, newest first, those before the turn `own` that fit into `tokens`, oldest first. One that does not
 * fit ends it, since a talk with holes misleads. What the customer wrote after the turn is for the next one; what
 * the bot said meanwhile was in answer to earlier ones.
 */
export function fittingContext(
  newestFirst: readonly Said[],
  own: readonly string[],
  tokens: number,
): ChatMessage[] {
  const context: ChatMessage[] = [];
  let left = tokens;
  let reached = own.length === 0;
  for (const message of newestFirst) {
    if (own.includes(message.id)) {
      reached = true;
      continue;
    }
    if (message.direction === 'inbound' && !reached) continue;
    const content = describe(message);
    if (content === '') continue;
    left -= estimateTokens(content) + PER_MESSAGE;
    if (left < 0) break;
    context.unshift({ role: message.direction === 'inbound' ? 'user' : 'assistant', content });
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
