import { readCommand } from '../../domain/command.ts';
import type { ContentType, MediaReference, MessageMetadata } from '../../domain/message.ts';
import type { TelegramFile, TelegramMessage } from './shapes.ts';

export interface MessageContent {
  contentType: ContentType;
  content: string;
  metadata: MessageMetadata;
}

/** In this order: an animation comes with a document of the same file. */
const MEDIA: readonly (readonly [Exclude<MediaReference['kind'], 'photo'>, ContentType])[] = [
  ['voice', 'audio'],
  ['audio', 'audio'],
  ['video_note', 'audio'],
  ['animation', 'file'],
  ['video', 'file'],
  ['document', 'file'],
];

/** Fields that say who, where and how, but not what. */
const FRAME = new Set(
  (
    'message_id chat from date edit_date sender_chat sender_business_bot sender_boost_count via_bot author_signature ' +
    'message_thread_id is_topic_message direct_messages_topic is_automatic_forward forward_origin forward_date ' +
    'forward_from forward_from_chat forward_from_message_id forward_signature forward_sender_name ' +
    'reply_to_message external_reply quote reply_to_story reply_to_checklist_task_id reply_markup ' +
    'has_protected_content is_from_offline is_paid_post paid_star_count has_media_spoiler show_caption_above_media ' +
    'media_group_id entities caption caption_entities link_preview_options effect_id business_connection_id'
  ).split(' '),
);

/** Notices that a client or the platform makes by itself; nobody expects a reply to them. */
const SERVICE =
  /^(?:pinned_message|message_auto_delete_timer_changed|migrate_|new_chat_|left_chat_|delete_chat_|group_chat_|supergroup_chat_|channel_chat_|forum_topic_|general_forum_|video_chat_|write_access_allowed|connected_website|proximity_alert_|boost_added|chat_background_set|giveaway|successful_payment|refunded_payment|passport_data|chat_owner_)/;

/** What a message says. Nothing for service notices and for messages without any payload. */
export function contentOf(
  message: TelegramMessage,
  botUsername: string | undefined,
): MessageContent | undefined {
  const caption = message.caption ?? '';
  if (message.text !== undefined) return textContent(message.text, botUsername);
  for (const [kind, contentType] of MEDIA) {
    const file = message[kind];
    if (file) return { contentType, content: caption, metadata: { media: [reference(kind, file)] } };
  }
  const largest = message.photo && largestOf(message.photo);
  if (largest)
    return { contentType: 'image', content: caption, metadata: { media: [reference('photo', largest)] } };
  return personOrPlace(message) ?? stickerOrUnknown(message, caption);
}

function textContent(text: string, botUsername: string | undefined): MessageContent {
  const plain: MessageContent = { contentType: 'text', content: text, metadata: {} };
  const command = readCommand(text);
  if (!command) return plain;
  const { addressee, ...rest } = command;
  if (addressee && botUsername && addressee.toLowerCase() !== botUsername.toLowerCase()) return plain;
  return { ...plain, metadata: { command: rest } };
}

function personOrPlace(message: TelegramMessage): MessageContent | undefined {
  const { contact, venue } = message;
  if (contact) {
    const name = [contact.first_name, contact.last_name].filter(Boolean).join(' ');
    // Anybody's card can be forwarded; only one's own is proof.
    const verified = contact.user_id !== undefined && contact.user_id === message.from?.id;
    return {
      contentType: 'contact',
      content: [name, contact.phone_number].filter(Boolean).join(' '),
      metadata: { contact: { phone: contact.phone_number, name, verified } },
    };
  }
  const location = venue?.location ?? message.location;
  if (!location) return undefined;
  const named = [venue?.title, venue?.address].filter(Boolean).join(', ');
  return {
    contentType: 'location',
    content: named || `${location.latitude}, ${location.longitude}`,
    metadata: { location },
  };
}

function stickerOrUnknown(message: TelegramMessage, caption: string): MessageContent | undefined {
  if (message.sticker) return { contentType: 'sticker', content: message.sticker.emoji ?? '', metadata: {} };
  const platformKind = Object.keys(message).find((key) => !FRAME.has(key) && !SERVICE.test(key));
  if (platformKind === undefined) return undefined;
  return { contentType: 'unsupported', content: caption, metadata: { platformKind } };
}

function largestOf(sizes: readonly TelegramFile[]): TelegramFile | undefined {
  // Sorted from small to large by the platform.
  return sizes.at(-1);
}

function reference(kind: MediaReference['kind'], file: TelegramFile): MediaReference {
  return {
    kind,
    fileId: file.file_id,
    fileUniqueId: file.file_unique_id,
    ...(file.file_name === undefined ? {} : { fileName: file.file_name }),
    ...(file.mime_type === undefined ? {} : { mimeType: file.mime_type }),
    ...(file.file_size === undefined ? {} : { size: file.file_size }),
    ...(file.duration === undefined ? {} : { duration: file.duration }),
  };
}
