import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTokenCheck } from './oidc.ts';

const AUDIENCE = 'dirigent-codec';

describe('a token of the login of the UI', () => {
  let server: Server;
  let issuer = '';
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  let asked = 0;
  beforeAll(async () => {
    pair = await generateKeyPair('RS256');
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: 'k1', alg: 'RS256' };
    server = createServer((request, response) => {
      asked++;
      const known: Record<string, object> = {
        '/.well-known/openid-configuration': { issuer, jwks_uri: `${issuer}/keys` },
        '/keys': { keys: [jwk] },
      };
      const body = known[request.url ?? ''];
      response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  const token = (claims: JWTPayload = {}, key = pair.privateKey) =>
    new SignJWT({ iss: issuer, aud: AUDIENCE, exp: Math.floor(Date.now() / 1000) + 60, ...claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'k1' })
      .sign(key);
  const checks = (claims: Record<string, string> = {}) =>
    createTokenCheck({ issuer, audience: AUDIENCE, claims });

  it('is accepted when it is of this issuer, for us, in force, and says what it has to', async () => {
    const check = checks({ groups: 'operators', email_domain: 'example.kz' });
    const said = { groups: ['staff', 'operators'], email_domain: 'example.kz' };
    expect(await check(await token(said))).toBe(true);
    expect(await check(await token({ ...said, groups: ['staff'] }))).toBe(false);
    expect(await check(await token({ groups: 'operators' }))).toBe(false);
  });

  it('is refused when anything about it is another: audience, issuer, time, key, algorithm, form', async () => {
    const check = checks();
    const hour = Math.floor(Date.now() / 1000) - 3600;
    const { privateKey: foreign } = await generateKeyPair('RS256');
    const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(
      JSON.stringify({ iss: issuer, aud: AUDIENCE, exp: hour + 7200 }),
    ).toString('base64url')}.`;
    const shared = await new SignJWT({ iss: issuer, aud: AUDIENCE, exp: hour + 7200 })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .sign(Buffer.from('a secret that everybody could know'));
    for (const wrong of [
      await token({ aud: 'temporal' }),
      await token({ iss: 'https://elsewhere.example' }),
      await token({ exp: hour }),
      await token({ exp: undefined as never }),
      await token({ nbf: hour + 7200 }),
      await token({}, foreign),
      unsigned,
      shared,
      'a.b.c',
      'nonsense',
    ]) {
      expect(await check(wrong), wrong).toBe(false);
    }
    expect(await check(await token())).toBe(true);
  });

  it('asks the issuer for its keys once, and not for what is no such token', async () => {
    const check = checks();
    const before = asked;
    expect(await check('a-token-of-another-kind')).toBe(false);
    expect(asked).toBe(before);
    await check(await token());
    await check(await token());
    expect(asked - before).toBe(2);
  });

  it('is neither accepted nor refused while the issuer cannot be asked; it is asked again', async () => {
    const check = createTokenCheck({ issuer: 'http://127.0.0.1:1', audience: AUDIENCE, claims: {} });
    for (const _ of [1, 2]) await expect(check(await token())).rejects.toThrow();
    const noKeys = createTokenCheck({ issuer, audience: AUDIENCE, claims: {}, jwksUrl: `${issuer}/gone` });
    await expect(noKeys(await token())).rejects.toThrow();
  });
});
