import { isRecord } from '../../http/params.ts';
import { badRequest, type MessageEntity } from '../types.ts';

export interface FormattedText {
  text: string;
  entities: MessageEntity[];
}

const TYPES = new Set([
  'mention',
  'hashtag',
  'cashtag',
  'bot_command',
  'url',
  'email',
  'phone_number',
  'bold',
  'italic',
  'underline',
  'strikethrough',
  'spoiler',
  'blockquote',
  'expandable_blockquote',
  'code',
  'pre',
  'text_link',
  'text_mention',
  'custom_emoji',
  'date_time',
]);

function isLowSurrogateAt(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0xdc00 && unit <= 0xdfff;
}

/** Checks an `entities` array against its text; throws what the Bot API answers to a wrong one. */
export function checkEntities(raw: unknown, text: string): MessageEntity[] {
  if (raw === undefined) return [];
  if (!Array.isArray(raw)) throw badRequest("can't parse entities: expected an Array");
  return raw.map((item: unknown) => {
    if (!isRecord(item)) throw badRequest("can't parse entities: expected an Object");
    const { type, offset, length, url, language } = item;
    if (typeof type !== 'string' || !TYPES.has(type)) {
      throw badRequest(`can't parse entities: unsupported type "${String(type)}" specified`);
    }
    if (!Number.isInteger(offset) || !Number.isInteger(length)) {
      throw badRequest("can't parse entities: offset and length must be of type Number");
    }
    const start = offset as number;
    const end = start + (length as number);
    if (start < 0 || end <= start || end > text.length) {
      throw badRequest(
        `can't parse entities: entity of type ${type} at offset ${start} of length ${end - start} is outside of the text`,
      );
    }
    if (isLowSurrogateAt(text, start) || isLowSurrogateAt(text, end)) {
      throw badRequest(
        `can't parse entities: entity beginning at UTF-16 offset ${start} ends in a middle of a UTF-16 symbol`,
      );
    }
    if (type === 'text_link' && (typeof url !== 'string' || url === '')) {
      throw badRequest('can\'t parse entities: field "url" must be of type String');
    }
    return {
      type,
      offset: start,
      length: end - start,
      ...(typeof url === 'string' && { url }),
      ...(typeof language === 'string' && { language }),
    };
  });
}

const MOST = 100;

/** Trims the text as the server does, moves the entities along, and drops those beyond the hundredth. */
export function tidy({ text, entities }: FormattedText): FormattedText {
  const trimmedEnd = text.trimEnd();
  const trimmed = trimmedEnd.trimStart();
  const cut = trimmedEnd.length - trimmed.length;
  const moved = entities.flatMap((entity) => {
    const start = Math.max(0, entity.offset - cut);
    const end = Math.min(trimmed.length, entity.offset + entity.length - cut);
    return end > start ? [{ ...entity, offset: start, length: end - start }] : [];
  });
  moved.sort((a, b) => a.offset - b.offset || b.length - a.length);
  return { text: trimmed, entities: moved.slice(0, MOST) };
}
