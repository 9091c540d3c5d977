import type { Database } from '../../db/client.ts';
import { lastRestore } from '../../db/queries/restores.ts';

/**
 * After a restore the ledger does not know what was sent since the backup, while the engine asks again for what it
 * had not heard the end of. What was asked for before the restore and is not in the ledger is therefore in doubt.
 */
export function createRestoreGuard(db: Database) {
  /** Nobody restores while this process runs, so it is read once. */
  let restoredAt: Promise<Date | undefined> | undefined;

  return {
    /** Why a send that was asked for at this moment may have left already; undefined where it cannot have. */
    async doubtOf(askedAtMs: number): Promise<{ reason: string; error: string } | undefined> {
      restoredAt ??= lastRestore(db).catch((error: unknown) => {
        restoredAt = undefined;
        throw error;
      });
      const at = await restoredAt;
      if (at === undefined || askedAtMs >= at.getTime()) return undefined;
      return {
        reason: 'restored',
        error: `It was asked for before the restore of ${at.toISOString()}: nobody can tell whether it was sent.`,
      };
    },
  };
}
