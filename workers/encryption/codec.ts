import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import proto from '@temporalio/proto';
import type { EncryptionKeys } from '../../config/encryption.ts';
import { createNonces, NONCE_BYTES } from './nonces.ts';

const PayloadMessage = proto.temporal.api.common.v1.Payload;
const CIPHER = 'aes-256-gcm';
const TAG_BYTES = 16;
const ENCODING = 'encoding';
const KEY_ID = 'encryption-key-id';
const ENCRYPTED = Buffer.from('binary/encrypted');

/** A payload was encrypted by a key that is not configured, or was changed since. Names the key, never content. */
export class UnreadablePayload extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = 'UnreadablePayload';
  }
}

/**
 * Encrypts whole payloads, their metadata included, by AES-256-GCM: `data` is nonce, ciphertext and tag, and the
 * metadata say which key. What is not encrypted passes `decode` as it is, so that encryption can be switched on while
 * workflows are open. `decode` rejects with `UnreadablePayload`.
 */
export function createCodec({ active, all }: EncryptionKeys): PayloadCodec {
  // Made once: importing a key costs more than encrypting a payload.
  const keys = new Map(all.map(({ id, secret }) => [id, createSecretKey(secret)]));
  const own = active && { id: Buffer.from(active.id), key: keys.get(active.id) as KeyObject };
  const nonce = createNonces();

  function encrypt(payload: Payload): Payload {
    if (own === undefined) return payload;
    const iv = nonce();
    const cipher = createCipheriv(CIPHER, own.key, iv, { authTagLength: TAG_BYTES });
    const secret = cipher.update(PayloadMessage.encode(payload).finish());
    const data = Buffer.concat([iv, secret, cipher.final(), cipher.getAuthTag()]);
    return { metadata: { [ENCODING]: ENCRYPTED, [KEY_ID]: own.id }, data };
  }

  function decrypt(payload: Payload): Payload {
    const id = keyIdOf(payload);
    if (id === undefined) return payload;
    const key = keys.get(id);
    if (key === undefined)
      throw new UnreadablePayload(`No key ${JSON.stringify(id.slice(0, 64))} is configured.`);
    const data = Buffer.from(payload.data ?? []);
    const end = data.length - TAG_BYTES;
    if (end < NONCE_BYTES) throw new UnreadablePayload('An encrypted payload is too short.');
    const decipher = createDecipheriv(CIPHER, key, data.subarray(0, NONCE_BYTES), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAuthTag(data.subarray(end));
    try {
      const plain = Buffer.concat([decipher.update(data.subarray(NONCE_BYTES, end)), decipher.final()]);
      return PayloadMessage.decode(plain) as Payload;
    } catch {
      throw new UnreadablePayload(`A payload does not fit key ${JSON.stringify(id)}, or was changed.`);
    }
  }

  return {
    encode: async (payloads) => payloads.map(encrypt),
    decode: async (payloads) => payloads.map(decrypt),
  };
}

/** The id of the key that a payload was encrypted by; undefined where it is not encrypted. */
export function keyIdOf({ metadata }: Payload): string | undefined {
  const encoding = metadata?.[ENCODING];
  if (encoding == null || !ENCRYPTED.equals(encoding)) return undefined;
  return Buffer.from(metadata?.[KEY_ID] ?? []).toString();
}
