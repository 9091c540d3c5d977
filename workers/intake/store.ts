import type { Database } from '../../db/client.ts';
import {
  type StoredMessage,
  type StoreResult,
  storeUpdate,
  type UpdateToStore,
} from '../../db/queries/intake.ts';
import { chatOf, type KnownRow, knownRow, storeFromKnown } from '../../db/queries/intake-known.ts';
import { isConflict, isDatabaseUnavailable } from '../../db/unavailable.ts';
import { createBatches } from './batches.ts';

/** Two, so that one is being filled while the disk is busy with the other. */
const LANES = 2;
const MAX = 64;

/**
 * Stores updates. Those that come in the same moment share a commit, and resolve once it is made; one that cannot
 * be stored does not keep its neighbours from it.
 */
export function createStore(db: Database) {
  const known = createBatches({
    keyOf: chatOf,
    lanes: LANES,
    max: MAX,
    run: (rows: readonly KnownRow[]) => storeTogether(db, rows),
  });
  return {
    async store(update: UpdateToStore): Promise<StoreResult> {
      const row = knownRow(update);
      const message = row && resultOf(await known.add(row));
      return message ? { kind: 'message', message } : storeUpdate(db, update);
    },
    /** Resolves in a moment in which nothing is being stored, or after so many milliseconds without one. */
    idle: known.idle,
  };
}

type Settled = PromiseSettledResult<StoredMessage | undefined>;

async function storeTogether(db: Database, rows: readonly KnownRow[]): Promise<Settled[]> {
  try {
    const stored = await storeFromKnown(db, rows);
    return stored.map((value) => ({ status: 'fulfilled', value }));
  } catch (error) {
    if (rows.length === 1 || (isDatabaseUnavailable(error) && !isConflict(error))) throw error;
    // It may be the fault of one: each for itself.
    return Promise.allSettled(rows.map(async (row) => (await storeFromKnown(db, [row]))[0]));
  }
}

function resultOf(settled: Settled): StoredMessage | undefined {
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

export type Store = ReturnType<typeof createStore>;
