import type { Database } from '../../db/client.ts';
import { lastRestore } from '../../db/queries/restores.ts';

/**
 * After a restore the ledger does not know what was sent since the backup, while the engine asks again for what it
 * had not heard the end of. What was asked for before the restore and is not in the ledger is therefore in doubt.
 */
export function createRestoreGuard(db: Database) {
  /** Nobody restores while this process runs, so it is read once. */
  let restoredAt: Promise<Date | undefined> | undefined;

  const at = (): Promise<Date | undefined> => {
    restoredAt ??= lastRestore(db).catch((error: unknown) => {
      restoredAt = undefined;
      throw error;
    });
    return restoredAt;
  };

  return {
    /** When the database was last put back from a backup. */
    at,
    /** Why a send that was asked for at this moment may have left already; undefined where it cannot have. */
    async doubtOf(askedAtMs: number): Promise<{ reason: string; error: string } | undefined> {
      const restore = await at();
      if (restore === undefined || askedAtMs >= restore.getTime()) return undefined;
      return {
        reason: 'restored',
        error: `It was asked for before the restore of ${restore.toISOString()}: nobody can tell whether it was sent.`,
      };
    },
  };
}
