import { createRequire } from 'node:module';
import type { DataConverter } from '@temporalio/common';
import type { EncryptionKeys } from '../../config/encryption.ts';
import { createCodec } from './codec.ts';

/** The bundle of workflows holds it as well. */
export const FAILURE_CONVERTER = createRequire(import.meta.url).resolve(
  '../../workflows/kit/failure-converter.cjs',
);

/** What every client and worker of the product must convert by: without it payloads cannot be read. */
export const createDataConverter = (keys: EncryptionKeys): DataConverter => ({
  failureConverterPath: FAILURE_CONVERTER,
  payloadCodecs: [createCodec(keys)],
});
