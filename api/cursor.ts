import { z } from 'zod';
import type { Position } from '../db/queries/page.ts';

const Pair = z.tuple([z.iso.datetime().refine((text) => text >= '1970'), z.uuid()]);

/** Opaque to callers: where the next page begins. */
export const encodeCursor = ({ at, id }: Position): string =>
  Buffer.from(JSON.stringify([at.toISOString(), id])).toString('base64url');

/** Undefined for anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): Position | undefined {
  try {
    const [at, id] = Pair.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { at: new Date(at), id };
  } catch {
    return undefined;
  }
}
