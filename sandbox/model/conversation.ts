/** One message of a prompt, whatever the wire it came over. */
export interface PromptMessage {
  role: string;
  content: string;
}

/** The prompt as the rule model looks at it. */
export interface Conversation {
  /** What the customer wrote last. */
  last: string;
  /** Everything the customer wrote, oldest first. */
  said: string[];
  /** Instructions and facts: all that is not the customer's. */
  context: string;
}

const QUOTES = [
  /<(message|customer_message|customer|user_message|text|reply|latest)>([\s\S]*?)<\/\1>/gi,
  /()"""([\s\S]*?)"""/g,
  /()```(?:text)?\n([\s\S]*?)```/g,
];

const LABEL = /^\s*(?:message|customer|user|client|сообщение|клиент|хабарлама)\s*:\s*/i;

/** A user turn often wraps the customer's words; these are the words. */
function unwrap(content: string): string[] {
  for (const pattern of QUOTES) {
    const found = [...content.matchAll(pattern)]
      .map((match) => (match[2] ?? '').trim())
      .filter((text) => text !== '');
    if (found.length > 0) return found;
  }
  const labelled = content.split('\n').filter((line) => LABEL.test(line));
  if (labelled.length > 0) return labelled.map((line) => line.replace(LABEL, '').trim());
  return [content.trim()];
}

export function readConversation(messages: readonly PromptMessage[]): Conversation {
  const said = messages.filter(({ role }) => role === 'user').flatMap(({ content }) => unwrap(content));
  const context = messages
    .filter(({ role }) => role === 'system' || role === 'developer')
    .map(({ content }) => content)
    .join('\n');
  return { last: said.at(-1) ?? '', said, context };
}
