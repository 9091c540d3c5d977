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

/**
 * A bot account on one platform. Nothing above this interface knows which platform it is.
 * Methods never throw for what the platform says: `send` reports it, the others are best effort
 * and report failures as `ProviderError`.
 */
export interface Channel {
  readonly kind: ChannelKind;
  readonly capabilities: ChannelCapabilities;
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
