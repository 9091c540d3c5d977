import type { LoadedDataConverter } from '@temporalio/common';
import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  ChildWorkflowFailure,
  defaultPayloadConverter,
  ServerFailure,
  type TemporalFailure,
  TerminatedFailure,
  TimeoutFailure,
} from '@temporalio/common';
import {
  decodeArrayFromPayloads,
  decodeMapFromPayloads,
  decodeOptionalFailureToOptionalError,
  decodeOptionalSinglePayload,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { temporal } from '@temporalio/proto';
import type { Failure } from '../../domain/history/event.ts';

type PayloadMap = { [key: string]: temporal.api.common.v1.IPayload };
type Duration = { seconds?: unknown; nanos?: number | null };

/** Milliseconds of a protobuf timestamp (or of its JSON form), rounded down. */
export function millis(time: Duration | null | undefined): number {
  return Number(time?.seconds ?? 0) * 1_000 + Math.floor((time?.nanos ?? 0) / 1_000_000);
}

/** An optional string of a message, as an optional property: the protocol writes absence as ''. */
export const some = <K extends string>(key: K, value: string | null | undefined) =>
  value ? ({ [key]: value } as Record<K, string>) : {};

const KINDS: readonly [new (...args: never[]) => TemporalFailure, Failure['kind'], string][] = [
  [TimeoutFailure, 'timeout', 'timeout'],
  [CancelledFailure, 'cancelled', 'cancelled'],
  [TerminatedFailure, 'terminated', 'terminated'],
  [ActivityFailure, 'activity', 'activity failed'],
  [ChildWorkflowFailure, 'child', 'child failed'],
  [ServerFailure, 'server', 'server'],
];

function describeError(error: Error): Failure {
  const cause = error.cause instanceof Error ? { cause: describeError(error.cause) } : {};
  const { message } = error;
  if (error instanceof ApplicationFailure) {
    return { kind: 'application', type: error.type ?? 'Error', message, ...cause };
  }
  const known = KINDS.find(([failure]) => error instanceof failure);
  if (known === undefined) return { kind: 'other', type: error.name, message, ...cause };
  return { kind: known[1], type: known[2], message, ...cause };
}

/** Turns what the server keeps encoded into plain values. Rejects when a payload cannot be decoded. */
export function createDecoder(converter: LoadedDataConverter) {
  return {
    async first(payloads: temporal.api.common.v1.IPayloads | null | undefined): Promise<unknown> {
      const [value] = await decodeArrayFromPayloads(converter, payloads?.payloads?.slice(0, 1));
      return value;
    },
    async memo(memo: temporal.api.common.v1.IMemo | null | undefined): Promise<Record<string, unknown>> {
      const fields = memo?.fields as PayloadMap | null | undefined;
      return (await decodeMapFromPayloads(converter, fields)) ?? {};
    },
    /** Search attributes never pass a codec: the server reads them. */
    attributes(
      attributes: temporal.api.common.v1.ISearchAttributes | null | undefined,
    ): Record<string, string | null> {
      const values: Record<string, string | null> = {};
      for (const [name, payload] of Object.entries(attributes?.indexedFields ?? {})) {
        const raw: unknown = payload.data?.length ? defaultPayloadConverter.fromPayload(payload) : null;
        const value: unknown = Array.isArray(raw) ? raw[0] : raw;
        values[name] = typeof value === 'string' && value !== '' ? value : null;
      }
      return values;
    },
    async summary(
      metadata: temporal.api.sdk.v1.IUserMetadata | null | undefined,
    ): Promise<string | undefined> {
      if (metadata?.summary == null) return undefined;
      const summary: unknown = await decodeOptionalSinglePayload(converter, metadata.summary);
      return typeof summary === 'string' && summary !== '' ? summary : undefined;
    },
    async failure(
      failure: temporal.api.failure.v1.IFailure | null | undefined,
    ): Promise<Failure | undefined> {
      const error = await decodeOptionalFailureToOptionalError(converter, failure);
      return error === undefined ? undefined : describeError(error);
    },
  };
}

export type Decoder = ReturnType<typeof createDecoder>;
