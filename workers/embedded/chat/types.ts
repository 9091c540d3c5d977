/** A formatted span of a message; offsets and lengths count UTF-16 code units. */
export interface ChatEntity {
  type: string;
  offset: number;
  length: number;
  url?: string;
}

export interface ChatButton {
  text: string;
  data?: string;
  url?: string;
  requestContact?: boolean;
}

/** What the bot wrote, or wrote anew over an earlier message. */
export interface BotMessage {
  id: number;
  text: string;
  entities: ChatEntity[];
  buttons: ChatButton[][];
  edited: boolean;
}

export type Attachment = 'photo' | 'voice' | 'document' | 'sticker';

/** The customer's end of one private chat. */
export interface CustomerSide {
  say(text: string): Promise<void>;
  press(messageId: number, button: ChatButton): Promise<void>;
  shareContact(): Promise<void>;
  sendFile(kind: Attachment): Promise<void>;
  /** Hands over what the bot writes from now on, in order, until aborted. */
  follow(listener: (message: BotMessage) => void, signal: AbortSignal): Promise<void>;
}

/** A run in one line. */
export interface RunLine {
  runId: string;
  process: string;
  state: string;
  waitingOn?: string | undefined;
  /** So far, for a run that has not ended. */
  durationMs: number;
  /** The run in the Temporal UI. */
  url: string;
}

/** The run that sent this message, once it has come to rest; undefined when no run did. */
export type RunLookup = (messageId: number, signal: AbortSignal) => Promise<RunLine | undefined>;

/** Where the chat writes; a line may hold ANSI colours. */
export interface Screen {
  print(line: string): void;
}
