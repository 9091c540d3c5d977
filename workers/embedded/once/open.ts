import { stripVTControlCharacters } from 'node:util';
import { connectDatabase } from '../../../db/client.ts';
import type { SandboxClient } from '../../../sandbox/client.ts';
import type { Infrastructure } from '../stack.ts';
import { playScript } from './play.ts';

export interface OnceOptions {
  stack: Infrastructure;
  sandbox: SandboxClient;
  say: (line: string) => void;
  signal: AbortSignal;
  /** Whether whoever reads can show colours. */
  colours: boolean;
}

/** Plays the scripted conversation on a running stack. True only if every expectation held. */
export async function playOnce({ stack, sandbox, say, signal, colours }: OnceOptions): Promise<boolean> {
  const database = connectDatabase({ url: stack.databaseUrl, name: 'once', max: 2 });
  try {
    return await playScript({
      db: database.db,
      sandbox,
      temporalUiUrl: stack.temporalUiUrl,
      namespace: stack.temporalNamespace,
      say: colours ? say : (line) => say(stripVTControlCharacters(line)),
      signal,
    });
  } finally {
    await database.close();
  }
}
