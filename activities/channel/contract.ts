import type { ProbeAnswer } from '../../domain/doubt.ts';
import type { ChannelKind, ParsedUpdate } from '../../domain/message.ts';
import type { Chunk, SendAttempt } from '../../domain/outbound.ts';

export interface ChannelCapabilities {
  /** Longest text of one message, in UTF-16 code units. */
  maxTextUnits: number;
  /** Longest callback data of a button, in bytes; 0 when the channel has no buttons. */
  maxButtonDataBytes: number;
  formatting: boolean;
  typing: boolean;
  requestContact: boolean;
}

/** Finding out whether a message of unknown fate is there, by the number that it would have. */
export interface MessageEvidence {
  /** Whether messages of this chat are numbered together with those of the account's other chats. */
  numbering(chatId: string): 'account' | 'chat';
  /** Whether a message of this form can be asked about. */
  canProbe(chunk: Chunk): boolean;
  /**
   * Asks whether a message of the account in this chat has this number and is this chunk. Changes nothing about a
   * message that is; one that is another would become this chunk. Never throws.
   */
  probe(chatId: string, channelMessageId: number, chunk: Chunk, signal: AbortSignal): Promise<ProbeAnswer>;
}

/**
 * A bot account on one platform. Nothing above this interface knows which platform it is.
 * Methods never throw for what the platform says: `send` reports it, the others are best effort
 * and report failures as `ProviderError`.
 */
export interface Channel {
  readonly kind: ChannelKind;
  readonly capabilities: ChannelCapabilities;
  /** Absent where the platform has no way of telling: then policy or a person decides. */
  readonly evidence?: MessageEvidence;
  /** Never throws: a shape nobody knows is `ignored` and still stored by the caller. */
  parse(update: unknown): ParsedUpdate;
  send(chatId: string, chunk: Chunk, signal: AbortSignal): Promise<SendAttempt>;
  /** Shows "typing…" for about five seconds. */
  typing(chatId: string, signal: AbortSignal): Promise<void>;
  /** Ends the client's spinner on a pressed button, with a short notice if given. */
  acknowledgeButton(callbackId: string, notice: string | undefined, signal: AbortSignal): Promise<void>;
  /** Takes the buttons off a message already answered, so that they cannot be pressed again. */
  removeButtons(chatId: string, channelMessageId: string, signal: AbortSignal): Promise<void>;
}
