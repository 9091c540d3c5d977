import type { Executor } from '../../db/client.ts';
import { pathOfCallback } from '../../db/queries/callbacks.ts';
import type { CallbackRef } from '../../domain/callback.ts';
import { ProviderError } from '../../domain/failure.ts';

export interface AddressOptions {
  db: Executor;
  /** Where providers reach this installation. */
  publicUrl: string | undefined;
}

/**
 * Where a provider posts its answer, for activities that submit work. It is a credential: it belongs into the
 * request to the provider, and nowhere else, least of all into a result or an error.
 */
export function createCallbackAddress({ db, publicUrl }: AddressOptions) {
  return async function addressOf(ref: CallbackRef): Promise<string> {
    if (publicUrl !== undefined) return publicUrl + (await pathOfCallback(db, ref));
    throw new ProviderError({
      provider: 'callback',
      class: 'misconfigured',
      message: 'Providers cannot call back: set PUBLIC_URL to where they reach this installation.',
    });
  };
}
