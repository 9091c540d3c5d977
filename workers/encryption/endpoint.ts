import { hkdfSync } from 'node:crypto';
import type { Payload } from '@temporalio/common';
import type { CodecEndpoint, Converted, WirePayload } from '../../api/deps.ts';
import type { Settings } from '../../config/settings.ts';
import { createCodec, UnreadablePayload } from './codec.ts';
import { createTokenCheck } from './oidc.ts';

const KEY_BYTES = 32;

/** The codec as the API offers it to the engine's UI. */
export function createCodecEndpoint({ encryption, apiToken }: CodecSettings): CodecEndpoint {
  const { keys, uiOrigins, uiSecret, oidc } = encryption;
  const codec = createCodec(keys);
  const through =
    (convert: (payloads: Payload[]) => Promise<Payload[]>) =>
    async (payloads: readonly WirePayload[]): Promise<Converted> => {
      try {
        return { payloads: (await convert(payloads.map(fromWire))).map(toWire) };
      } catch (error) {
        if (!(error instanceof UnreadablePayload)) throw error;
        return { unreadable: error.message };
      }
    };
  return {
    encode: through(codec.encode),
    decode: through(codec.decode),
    uiOrigins,
    uiSecret,
    // The same in every replica; a new API token or a new key ends all sessions.
    sessionKey: Buffer.from(
      hkdfSync('sha256', keys.active?.secret ?? '', apiToken, 'codec sessions', KEY_BYTES),
    ),
    ...(oidc ? { verify: createTokenCheck(oidc) } : {}),
  };
}

type CodecSettings = Pick<Settings, 'encryption' | 'apiToken'>;

const bytes = (text: string | undefined) => Buffer.from(text ?? '', 'base64');
const text = (given: Uint8Array | null | undefined) => Buffer.from(given ?? []).toString('base64');

const fromWire = ({ metadata, data }: WirePayload): Payload => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, bytes(value)])),
  data: bytes(data),
});

const toWire = ({ metadata, data }: Payload): WirePayload => ({
  metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, text(value)])),
  data: text(data),
});
