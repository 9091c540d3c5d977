import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, defaultGrpcRetryOptions, makeGrpcRetryInterceptor } from '@temporalio/client';
import proto from '@temporalio/proto';
import { NativeConnection } from '@temporalio/worker';
import type { Settings } from '../config/settings.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/kit/start.ts';
import { createDataConverter } from './encryption/converter.ts';

type TemporalSettings = Settings['temporal'];

/** A client that also works while the server is away: calls fail until it is back, and work within a second then. */
export async function connectClient(settings: Pick<Settings, 'temporal' | 'encryption'>): Promise<Client> {
  const { address, namespace } = settings.temporal;
  const retries = endingRetries();
  const connection = Connection.lazy({
    address,
    interceptors: retries.interceptors,
    channelArgs: {
      // After a long outage the library would look again only every other minute.
      'grpc.initial_reconnect_backoff_ms': 200,
      'grpc.min_reconnect_backoff_ms': 200,
      'grpc.max_reconnect_backoff_ms': 1_000,
    },
  });
  const close = connection.close.bind(connection);
  connection.close = () => {
    retries.end();
    return close();
  };
  const dataConverter = createDataConverter(settings.encryption.keys);
  return new Client({ connection, namespace, dataConverter });
}

type Interceptor = ReturnType<typeof makeGrpcRetryInterceptor>;
type Call = ReturnType<Interceptor>;

/**
 * The library's own retries, until they are ended. Of a call that nobody waits for any more a retry may still be
 * due, and over a closed connection it would be an error that nobody can catch.
 */
function endingRetries(): { interceptors: Interceptor[]; end(): void } {
  let ended = false;
  const begun = new WeakSet<object>();
  const nothing = () => undefined;
  const none = { start: nothing, sendMessage: nothing, halfClose: nothing, cancelWithStatus: nothing };
  const unlessEnded = ((options, nextCall) => {
    if (ended && begun.has(options)) return none as unknown as Call;
    begun.add(options);
    return nextCall(options) as Call;
  }) satisfies Interceptor;
  return {
    interceptors: [makeGrpcRetryInterceptor(defaultGrpcRetryOptions()), unlessEnded],
    end() {
      ended = true;
    },
  };
}

/** Waits for the server as long as `signal` lets it: workers are started before it is up more often than after. */
export async function connectWorker(
  settings: TemporalSettings,
  signal: AbortSignal,
): Promise<NativeConnection> {
  for (let pauseMs = 200; ; pauseMs = Math.min(pauseMs * 2, 5_000)) {
    try {
      return await NativeConnection.connect({ address: settings.address });
    } catch (error) {
      if (signal.aborted) throw error;
    }
    await sleep(pauseMs, undefined, { signal });
  }
}

/** Registers the search attributes that are missing, and tells which. */
export async function ensureSearchAttributes(client: Client, namespace: string): Promise<string[]> {
  const { operatorService } = client.connection as Connection;
  const { customAttributes } = await operatorService.listSearchAttributes({ namespace });
  const missing = SEARCH_ATTRIBUTES.map((a) => a.name).filter((name) => !(name in (customAttributes ?? {})));
  if (missing.length > 0) {
    const KEYWORD = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;
    await operatorService.addSearchAttributes({
      namespace,
      searchAttributes: Object.fromEntries(missing.map((name) => [name, KEYWORD])),
    });
  }
  return missing;
}
