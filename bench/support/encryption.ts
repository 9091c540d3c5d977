import type { EncryptionKeys } from '../../config/encryption.ts';
import { createDataConverter } from '../../workers/encryption/converter.ts';

const key = { id: 'bench', secret: Buffer.from('a key that only bench runs go by') };
export const keys: EncryptionKeys = { active: key, all: [key] };

/** What the measured product encrypts by, as in production. */
export const ENCRYPTION_KEYS = `${key.id}:${key.secret.toString('base64')}`;

/** Reads it. */
export const dataConverter = createDataConverter(keys);
