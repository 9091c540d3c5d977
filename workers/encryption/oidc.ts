import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import type { EncryptionSettings } from '../../config/encryption.ts';

/** Only such that need no shared secret: whoever verifies must not be able to sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const TIMEOUT_MS = 5_000;
const CLOCK_TOLERANCE_S = 30;
const Discovery = z.object({ jwks_uri: z.url({ protocol: /^https?$/ }) });

/**
 * Whether an access token was issued for us, is in force, and says what it has to say. Rejects while the issuer cannot
 * be asked for its keys, which are fetched when first needed and kept.
 */
export function createTokenCheck(oidc: NonNullable<EncryptionSettings['oidc']>) {
  const { issuer, audience, claims } = oidc;
  let keys: Promise<JWTVerifyGetKey> | undefined;

  async function find(): Promise<JWTVerifyGetKey> {
    const url = oidc.jwksUrl ?? (await discover(issuer));
    return createRemoteJWKSet(new URL(url), { timeoutDuration: TIMEOUT_MS });
  }

  return async function check(token: string): Promise<boolean> {
    // Nothing that could be one of its tokens: no reason to ask the issuer.
    if (token.split('.').length !== 3) return false;
    keys ??= find();
    const get = await keys.catch((error: unknown) => {
      keys = undefined;
      throw error;
    });
    try {
      const { payload } = await jwtVerify(token, get, {
        issuer,
        audience,
        algorithms: ALGORITHMS,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ['exp'],
      });
      return Object.entries(claims).every(([name, wanted]) => says(payload, name, wanted));
    } catch (error) {
      if (isRefusal(error)) return false;
      throw error;
    }
  };
}

/** Of the token itself; a key set that cannot be fetched says nothing about it. */
const isRefusal = (error: unknown): boolean =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSTimeout) &&
  error.code !== 'ERR_JOSE_GENERIC';

function says(payload: JWTPayload, name: string, wanted: string): boolean {
  const value = payload[name];
  return Array.isArray(value) ? value.includes(wanted) : value === wanted;
}

async function discover(issuer: string): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`The issuer answered its discovery with ${answer.status}.`);
  return Discovery.parse(await answer.json()).jwks_uri;
}
