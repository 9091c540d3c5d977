import { createInterface } from 'node:readline';
import { type Chat, HELP } from './chat.ts';
import { dim } from './format.ts';
import type { Screen } from './types.ts';

export interface Terminal {
  screen: Screen;
  /** Runs the chat until the person leaves (also by Ctrl-C or Ctrl-D), or the signal. */
  run(chat: Chat, signal: AbortSignal): Promise<void>;
}

/** The terminal as a chat window: what the bot writes appears above the line being typed. */
export function openTerminal(input: NodeJS.ReadableStream, output: NodeJS.WritableStream): Terminal {
  let typing: ReturnType<typeof createInterface> | undefined;
  const screen: Screen = {
    print(line) {
      output.write(`\r\u001b[K${line}\n`);
      typing?.prompt(true);
    },
  };
  return {
    screen,
    async run(chat, signal) {
      const left = new AbortController();
      const until = AbortSignal.any([signal, left.signal]);
      typing = createInterface({ input, output, prompt: 'you › ', terminal: true });
      const typed = typing;
      // In raw mode Ctrl-C is a key that only readline sees.
      typed.on('SIGINT', () => typed.close());
      typed.on('close', () => left.abort());
      typed.on('line', async (line) => {
        if ((await chat.enter(line)) === 'quit') typed.close();
        else if (!left.signal.aborted) typed.prompt();
      });
      until.addEventListener('abort', () => typed.close(), { once: true });
      screen.print(dim(HELP));
      try {
        await Promise.race([chat.follow(until), ended(until)]);
      } finally {
        typing = undefined;
        typed.close();
      }
    },
  };
}

function ended(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}
