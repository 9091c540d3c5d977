import type { Locale } from './locale.ts';

/** Kinds of platform a bot account can live on. */
export type ChannelKind = 'telegram' | 'whatsapp' | 'web';

/**
 * What a message carries. `image`, `file` and `audio` hold their caption in `content`;
 * `unsupported` is anything the platform delivered that nobody here understands yet.
 */
export const CONTENT_TYPES = [
  'text',
  'image',
  'file',
  'audio',
  'contact',
  'location',
  'button',
  'sticker',
  'unsupported',
] as const;
export type ContentType = (typeof CONTENT_TYPES)[number];

/** A file that still lies with the platform. Never its bytes. */
export interface MediaReference {
  kind: 'voice' | 'audio' | 'photo' | 'document' | 'video' | 'video_note' | 'animation';
  /** Bot-specific handle for downloading. */
  fileId: string;
  /** Stable over bots; identifies the same file sent twice. */
  fileUniqueId: string;
  fileName?: string;
  mimeType?: string;
  /** Bytes, as the platform announced them. */
  size?: number;
  /** Seconds. */
  duration?: number;
}

export interface MessageMetadata {
  /** Platform id of the message this one quotes. */
  replyTo?: string;
  /** Platform id of the message whose text this one replaces. */
  edits?: string;
  /** Groups the items of one album (`media_group_id`). */
  albumId?: string;
  /** A leading bot command without slash and bot name, lower case, and the text behind it. */
  command?: { name: string; args: string };
  /** A pressed button. `data` is at most 64 bytes and may be forged by a client. */
  button?: { data: string; callbackId: string; messageId?: string };
  /** A shared contact. `verified` only when it is the sender's own. */
  contact?: { phone: string; name: string; verified: boolean };
  /** The sender's address, in lower case, where a forwarder knows it. `verified` when it proved it. */
  email?: { address: string; verified: boolean };
  location?: { latitude: number; longitude: number };
  media?: MediaReference[];
  /** What the text itself tells about its language; absent when it tells nothing. */
  language?: Locale;
  /** Name of the platform's payload field, for kinds nobody understands yet. */
  platformKind?: string;
}

/** The person as the platform describes them. */
export interface SenderProfile {
  channelUserId: string;
  firstName?: string;
  lastName?: string;
  username?: string;
  languageCode?: string;
}

/** A normalised message in the unified shape; every channel fills all of these fields. */
export interface UnifiedMessage {
  id: string;
  tenantId: string;
  channel: ChannelKind;
  channelMessageId: string;
  channelUserId: string;
  customerId: string | null;
  conversationId: string;
  direction: 'inbound' | 'outbound';
  contentType: ContentType;
  content: string;
  metadata: MessageMetadata;
  createdAt: Date;
}

/**
 * Why a stored message is not served: its sender is under this sanction or wrote more than is served, or a restore
 * could not tell whether it had been answered.
 */
export type Withheld = 'suspended' | 'banned' | 'limited' | 'restored';

/** What a channel understood of one update, before the store has given it ids. */
export type ParsedUpdate =
  | {
      kind: 'message';
      chatId: string;
      channelMessageId: string;
      sender: SenderProfile;
      contentType: ContentType;
      content: string;
      metadata: MessageMetadata;
      sentAt: Date;
    }
  | { kind: 'membership'; chatId: string; sender: SenderProfile; status: 'blocked' | 'unblocked' }
  /** Stored and never answered: a group, another bot, an unknown shape. */
  | { kind: 'ignored'; reason: 'not_private' | 'from_bot' | 'unknown_shape' };
