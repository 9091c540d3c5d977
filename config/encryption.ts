import { z } from 'zod';

/** A key of AES-256-GCM under the name that payloads carry. */
export interface EncryptionKey {
  id: string;
  /** 32 bytes, as they were given in Base64. */
  secret: Buffer;
}

/** The first key encrypts, or none does; all that are named decrypt. */
export interface EncryptionKeys {
  active: EncryptionKey | undefined;
  all: readonly EncryptionKey[];
}

/** Instead of a first key: histories are written readable, and what was encrypted before stays readable. */
const OFF = 'off';
const KEY_BYTES = 32;
const ENTRY = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/_-]{43}=?)$/;
const SHAPE =
  'must be <id>:<key>[,<id>:<key>…], each key 32 bytes in Base64 (openssl rand -base64 32), the first one encrypts; or off';

/** Parses `2026a:<Base64>,2025:<Base64>`. Faults never show what was given. */
const encryptionKeys = z.string(`is missing. It ${SHAPE}`).transform((text, context): EncryptionKeys => {
  const [first, ...others] = text.split(',').map((entry) => entry.trim());
  const all = (first === OFF ? others : [first ?? '', ...others]).map(parseKey);
  const valid = all.filter((key) => key !== undefined);
  if (valid.length < all.length) {
    context.addIssue(SHAPE);
    return z.NEVER;
  }
  if (new Set(valid.map(({ id }) => id)).size < valid.length) {
    context.addIssue('names two keys alike; whoever decrypts would not know which one to take');
    return z.NEVER;
  }
  return { active: first === OFF ? undefined : valid[0], all: valid };
});

function parseKey(entry: string): EncryptionKey | undefined {
  const [, id, text] = ENTRY.exec(entry) ?? [];
  if (id === undefined || text === undefined) return undefined;
  const secret = Buffer.from(text, 'base64');
  return secret.length === KEY_BYTES ? { id, secret } : undefined;
}

const origin = z
  .url({ protocol: /^https?$/, error: 'must be an http or https origin' })
  .transform((url) => new URL(url).origin);

/** A list in the file, or a text with commas from the environment. */
const origins = z.preprocess(
  (given) => (typeof given === 'string' ? given.split(',').map((one) => one.trim()) : given),
  z.array(origin, 'must be a list of origins').default([]),
);

const settings = z.strictObject({
  keys: encryptionKeys,
  /** Where the Temporal UI is opened from; only its pages may ask the codec endpoint from a browser. */
  uiOrigins: origins,
  /** Makes `/codec/ui/<secret>` an endpoint for a UI that can prove nothing: the embedded one. */
  uiSecret: z
    .string('must be a text')
    .regex(/^[A-Za-z0-9_-]{16,}$/, 'must be at least 16 letters, digits, "-" or "_"')
    .optional(),
  /** Whose access tokens open the codec endpoint, for a UI with a login of its own. */
  oidc: z
    .strictObject({
      issuer: z.url({ protocol: /^https?$/, error: 'must be the URL of an OpenID Connect issuer' }),
      audience: z.string('is missing').min(1, 'is empty'),
      /** Found through the issuer's discovery document unless given. */
      jwksUrl: z.url({ protocol: /^https?$/, error: 'must be an http or https URL' }).optional(),
      /** Claims that a token must have: a value, or a list that holds it. */
      claims: z.record(z.string(), z.string('must be a text')).default({}),
    })
    .optional(),
});

/** What encrypts payloads before Temporal sees them, and who may have them decrypted. Keys are never left out by accident. */
export const encryption = z.preprocess((given) => given ?? {}, settings);

export type EncryptionSettings = z.infer<typeof encryption>;
