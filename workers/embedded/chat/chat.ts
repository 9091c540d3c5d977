import { dim, renderMessage, renderRun } from './format.ts';
import type {
  Attachment,
  BotMessage,
  ChatButton,
  CustomerSide,
  RunLine,
  RunLookup,
  Screen,
} from './types.ts';

export interface ChatOptions {
  customer: CustomerSide;
  lookup: RunLookup;
  screen: Screen;
}

export interface Chat {
  /** What the person typed; `quit` when they want to leave. Never rejects: failures are shown. */
  enter(line: string): Promise<'quit' | 'stay'>;
  /** Shows the bot's messages until aborted. */
  follow(signal: AbortSignal): Promise<void>;
}

const ATTACHMENTS: readonly Attachment[] = ['photo', 'voice', 'document', 'sticker'];

export const HELP = [
  'Type what the customer writes. A number presses the button with that number on the newest message with buttons.',
  '  :contact   shares the own phone number      :photo :voice :document :sticker   send one',
  '  :say TEXT  sends TEXT even if it is a number    :help   this text    :quit or /quit   leaves',
  'Commands with a slash (/start, /help, /status …) go to the bot.',
].join('\n');

/** One customer's chat on a terminal, over whatever lies behind `customer`. */
export function createChat({ customer, lookup, screen }: ChatOptions): Chat {
  /** Buttons as they are numbered now. */
  let keyboard: { messageId: number; buttons: ChatButton[] } | undefined;
  /** The run of each message shown, in the order of the screen. */
  const shown: Promise<RunLine | undefined>[] = [];

  async function act(line: string): Promise<'quit' | 'stay'> {
    if (line === '/quit' || line === ':quit') return 'quit';
    if (line === ':help') screen.print(dim(HELP));
    else if (line === ':contact') await customer.shareContact();
    else if (line.startsWith(':say ')) await customer.say(line.slice(5).trim());
    else if (line.startsWith(':')) {
      const kind = ATTACHMENTS.find((name) => line === `:${name}`);
      if (kind === undefined) screen.print(dim(`There is no ${line.split(' ')[0]}.\n${HELP}`));
      else await customer.sendFile(kind);
    } else await press(line);
    return 'stay';
  }

  async function press(line: string): Promise<void> {
    const button = /^\d{1,2}$/.test(line) ? keyboard?.buttons[Number(line) - 1] : undefined;
    if (button === undefined || keyboard === undefined) await customer.say(line);
    else if (button.url !== undefined) screen.print(dim(`This button opens ${button.url}`));
    else {
      screen.print(dim(`you pressed [${button.text}]`));
      await customer.press(keyboard.messageId, button);
    }
  }

  function show(message: BotMessage): void {
    const buttons = message.buttons.flat();
    if (buttons.length > 0) keyboard = { messageId: message.id, buttons };
    else if (keyboard?.messageId === message.id) keyboard = undefined;
    screen.print(renderMessage(message));
  }

  async function showRun(messageId: number, signal: AbortSignal): Promise<void> {
    const found = lookup(messageId, signal);
    const place = shown.push(found.catch(() => undefined));
    try {
      const run = await found;
      // A reply in parts has one line, under its last part.
      const next = await shown[place];
      if (run === undefined || run.runId === next?.runId || signal.aborted) return;
      screen.print(renderRun(run));
    } catch (error) {
      if (!signal.aborted) screen.print(dim(`The run cannot be read: ${words(error)}`));
    }
  }

  return {
    async enter(line) {
      const typed = line.trim();
      if (typed === '') return 'stay';
      try {
        return await act(typed);
      } catch (error) {
        screen.print(dim(`That did not reach the bot: ${words(error)}`));
        return 'stay';
      }
    },
    follow(signal) {
      return customer.follow((message) => {
        show(message);
        if (!message.edited) void showRun(message.id, signal);
      }, signal);
    },
  };
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
