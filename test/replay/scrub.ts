import type { RecordedEvent } from '../../workers/replay/divergence.ts';

interface Payload {
  metadata: Record<string, string>;
  data?: string;
}

const isPayload = (value: object): value is Payload =>
  'metadata' in value &&
  typeof value.metadata === 'object' &&
  value.metadata !== null &&
  'encoding' in value.metadata;

/**
 * Events as the server gave them, with some texts replaced inside the bytes of payloads: folders of the recorder in
 * stack traces. Nothing else is touched: a history that is not the server's own may replay green whatever the code does.
 */
export function scrub(
  events: readonly RecordedEvent[],
  replacements: readonly (readonly [from: string, to: string])[],
): RecordedEvent[] {
  return scrubbed(events, replacements) as RecordedEvent[];
}

function scrubbed(value: unknown, replacements: readonly (readonly [string, string])[]): unknown {
  if (Array.isArray(value)) return value.map((inner) => scrubbed(inner, replacements));
  if (typeof value !== 'object' || value === null) return value;
  if (isPayload(value)) {
    return value.data === undefined ? value : { ...value, data: inBytes(value.data, replacements) };
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, scrubbed(inner, replacements)]),
  );
}

function inBytes(data: string, replacements: readonly (readonly [string, string])[]): string {
  // As Latin-1 every byte is a character of its own, so that what is not replaced comes out as it was.
  const latin = (text: string) => Buffer.from(text).toString('latin1');
  const bytes = Buffer.from(data, 'base64').toString('latin1');
  const replaced = replacements.reduce((text, [from, to]) => text.replaceAll(latin(from), latin(to)), bytes);
  return replaced === bytes ? data : Buffer.from(replaced, 'latin1').toString('base64');
}
