import type { Database } from '../../db/client.ts';
import {
  type CallbackToOpen,
  closeCallback,
  openCallback,
  readCallbackBody,
} from '../../db/queries/callbacks.ts';
import type { CallbackRef } from '../../domain/callback.ts';

/** What a history can hold of one answer. What is longer is read where it is used. */
const MAX_CHARACTERS = 64 * 1024;

/** The rows behind `run.callback`, as local activities. Each may be repeated. */
export function createCallbackActivities({ db }: { db: Database }) {
  return {
    openCallback: (callback: CallbackToOpen) => openCallback(db, callback),

    closeCallback: (ref: CallbackRef) => closeCallback(db, ref),

    async readCallback(ref: CallbackRef): Promise<{ body: unknown } | { tooLong: number }> {
      const body = await readCallbackBody(db, ref);
      const { length } = JSON.stringify(body ?? null);
      return length > MAX_CHARACTERS ? { tooLong: length } : { body };
    },
  };
}

export type CallbackActivities = ReturnType<typeof createCallbackActivities>;
