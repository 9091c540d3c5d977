import type { Span } from './rich.ts';
import { utf8Length } from './text.ts';
import { showsUrl } from './url.ts';

/** Telegram ignores the entities of one message beyond these. */
export const MAX_ENTITIES = 100;
export const MAX_ENTITY_BYTES = 9000;

/** About what an entity takes in the request: its type, two numbers, punctuation, and its own text. */
const FRAME_BYTES = 50;

export const entityBytes = (span: Pick<Span, 'url' | 'language'>): number =>
  FRAME_BYTES + utf8Length(span.url ?? '') + utf8Length(span.language ?? '');

/** What the plain form puts behind a link. */
export const plainSuffix = (url: string): string => ` (${url})`;

/** Units a span may add to the plain form of its message. */
export const entityReserve = (span: Pick<Span, 'url'>): number =>
  span.url === undefined ? 0 : plainSuffix(span.url).length;

/** Whether the plain form has to name a link's address. */
export const needsSuffix = (label: string, url: string): boolean => !showsUrl(label, url);
