import type { Envelope } from '../../domain/envelope.ts';
import { say } from '../../domain/texts/catalogue.ts';

/** A truthful sentence for what nobody here can read yet. */
export function mediaText({ locale, kind, media }: Pick<Envelope, 'locale' | 'kind' | 'media'>): string {
  if (media === 'video' || media === 'video_note' || media === 'animation') return say(locale, 'media.video');
  switch (kind) {
    case 'audio':
      return say(locale, 'media.voice');
    case 'image':
      return say(locale, 'media.photo');
    case 'file':
      return say(locale, 'media.document');
    case 'location':
      return say(locale, 'media.location');
    case 'contact':
      return say(locale, 'media.contact');
    default:
      return say(locale, 'media.unsupported');
  }
}
