import { connectDatabase } from '../../../db/client.ts';
import type { SandboxClient } from '../../../sandbox/client.ts';
import { createRunLookup } from '../runLines.ts';
import type { Infrastructure } from '../stack.ts';
import { createChat } from './chat.ts';
import { createSandboxCustomer } from './sandboxCustomer.ts';
import { openTerminal } from './terminal.ts';

export interface OpenChatOptions {
  stack: Infrastructure;
  sandbox: SandboxClient;
  signal: AbortSignal;
}

/** The customer that the reader plays; the same one after a restart. */
const CHAT = 1001;
const PHONE = '77011234567';

/** Opens the chat on this process's terminal; returns when the person leaves. */
export async function openChat({ stack, sandbox, signal }: OpenChatOptions): Promise<void> {
  const database = connectDatabase({ url: stack.databaseUrl, name: 'chat', max: 2 });
  try {
    const lookup = createRunLookup({
      db: database.db,
      chatId: String(CHAT),
      temporalUiUrl: stack.temporalUiUrl,
      namespace: stack.temporalNamespace,
    });
    const terminal = openTerminal(process.stdin, process.stdout);
    const customer = createSandboxCustomer({ sandbox, chatId: CHAT, phone: PHONE });
    await terminal.run(createChat({ customer, lookup, screen: terminal.screen }), signal);
  } finally {
    await database.close();
  }
}
