import { isRecord } from '../http/params.ts';
import type { PromptMessage } from '../model/conversation.ts';

/** Messages of a chat request as plain text; parts that are no text are left out. */
export function readMessages(raw: unknown): PromptMessage[] {
  if (!Array.isArray(raw)) return [];
  return raw
    .filter(isRecord)
    .map(({ role, content }) => ({ role: String(role ?? ''), content: textOf(content) }));
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .filter(isRecord)
    .map(({ text }) => (typeof text === 'string' ? text : ''))
    .join('');
}
