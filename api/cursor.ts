import { z } from 'zod';
import type { RunPosition } from '../db/queries/runs-read.ts';

const Position = z.tuple([z.iso.datetime().refine((text) => text >= '1970'), z.uuid()]);

/** Opaque to callers: where the next page begins. */
export const encodeCursor = ({ queuedAt, runId }: RunPosition): string =>
  Buffer.from(JSON.stringify([queuedAt.toISOString(), runId])).toString('base64url');

/** Undefined for anything that `encodeCursor` did not make. */
export function decodeCursor(cursor: string): RunPosition | undefined {
  try {
    const [queuedAt, runId] = Position.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { queuedAt: new Date(queuedAt), runId };
  } catch {
    return undefined;
  }
}
