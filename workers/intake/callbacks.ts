import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { Callbacks } from '../../api/deps.ts';
import { sameSecret } from '../../api/secrets.ts';
import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import {
  callbacksLeftBehind,
  findCallback,
  markCallbackDispatched,
  storeCallback,
  undispatchedCallback,
} from '../../db/queries/callbacks.ts';
import { parseCallbackToken } from '../../domain/callback.ts';
import { storable } from '../../domain/storable.ts';
import { callbackSignal } from '../../workflows/kit/messages.ts';
import { createPump, SIGNAL_MS } from './pump.ts';
import type { IntakeState } from './state.ts';

export interface CallbackIntakeOptions {
  db: Database;
  client: Client;
  guard: IntakeState['guard'];
  log: Logger;
}

/**
 * Takes in what providers post, as messages are taken in: stored first, then the run is signalled with a
 * reference, by a sweep where the engine was away. Signalling twice is harmless.
 */
export function startCallbacks({ db, client, guard, log }: CallbackIntakeOptions): Callbacks & {
  stop(): Promise<void>;
} {
  const pump = createPump({
    log,
    what: 'Callbacks',
    async deliver(callbackId) {
      const callback = await undispatchedCallback(db, callbackId);
      if (!callback) return false;
      const gone = await client.withDeadline(Date.now() + SIGNAL_MS, async () => {
        try {
          await client.workflow.getHandle(callback.workflowId).signal(callbackSignal, { callbackId });
          return false;
        } catch (error) {
          if (error instanceof WorkflowNotFoundError) return true;
          throw error;
        }
      });
      await markCallbackDispatched(db, callback, gone);
      return false;
    },
    leftBehind: (olderThanMs, limit) => callbacksLeftBehind(db, olderThanMs, limit),
  });
  pump.start();

  return {
    async find(token) {
      const parts = parseCallbackToken(token);
      const callback = parts && (await findCallback(db, parts.callbackId));
      return sameSecret(parts?.secret, callback?.secret) ? callback : undefined;
    },
    async accept(callback, body) {
      const taken = await guard(() => storeCallback(db, callback, storable(body)));
      const { correlationId, workflowId, callbackId } = callback;
      log.info({ correlationId, workflowId, callbackId, outcome: taken }, 'callback');
      if (taken === 'stored') pump.nudge(callbackId);
      return taken;
    },
    stop: pump.stop,
  };
}
