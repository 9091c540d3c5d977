import { describe, expect, it } from 'vitest';
import { createSessions, SESSION_SECONDS } from '../codec/session.ts';
import type { AppDeps } from '../deps.ts';
import { API_TOKEN, testApp } from '../testing.ts';

const UI = 'http://localhost:8233';
const UI_SECRET = 'a-secret-part-of-an-address';
const body = { payloads: [{ metadata: { encoding: 'anNvbi9wbGFpbg==' }, data: 'ImhlbGxvIg==' }] };

const codec = (over: Partial<AppDeps['codec']> = {}): AppDeps['codec'] => ({
  encode: async (payloads) => ({ payloads: payloads.map(() => ({ data: 'ZW5jb2RlZA==' })) }),
  decode: async (payloads) => ({ payloads: payloads.map(() => ({ data: 'ZGVjb2RlZA==' })) }),
  uiOrigins: [UI],
  uiSecret: undefined,
  sessionKey: Buffer.alloc(32, 1),
  ...over,
});

function opened(over: Partial<AppDeps['codec']> = {}) {
  const { app } = testApp({ codec: codec(over) });
  const post = (path: string, headers: Record<string, string> = {}, sent: unknown = body) =>
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(sent),
    });
  const signIn = async (token: string, headers: Record<string, string> = {}) => {
    const answer = await app.request('/codec/login', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: new URLSearchParams({ token }).toString(),
    });
    return { answer, cookie: answer.headers.get('set-cookie') ?? '' };
  };
  return { app, post, signIn };
}

const API = { authorization: `Bearer ${API_TOKEN}` };

describe('the codec endpoint', () => {
  it('converts for whoever has the API token, in order, by the protocol of Temporal', async () => {
    const { post } = opened();
    const answer = await post('/codec/decode', API, { payloads: [...body.payloads, {}] });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ payloads: [{ data: 'ZGVjb2RlZA==' }, { data: 'ZGVjb2RlZA==' }] });
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(await (await post('/codec/encode', API)).json()).toEqual({ payloads: [{ data: 'ZW5jb2RlZA==' }] });
  });

  it('is shut to everyone else, before the body is read', async () => {
    const { post } = opened();
    const wrong: Record<string, string>[] = [
      {},
      { authorization: 'Bearer wrong' },
      { authorization: `Basic ${API_TOKEN}` },
      { origin: UI },
    ];
    for (const headers of wrong) {
      for (const path of ['/codec/decode', '/codec/encode']) {
        const answer = await post(path, headers, 'no payloads');
        expect(answer.status).toBe(401);
        expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      }
    }
  });

  it("takes a token that the UI's login vouches for, and waits for no issuer that is away", async () => {
    const { post } = opened({
      verify: async (token) => {
        if (token === 'unsure') throw new Error('the issuer is away');
        return token === 'vouched';
      },
    });
    const status = async (token: string) =>
      (await post('/codec/decode', { authorization: `Bearer ${token}`, origin: UI })).status;
    expect(await status('vouched')).toBe(200);
    expect(await status('forged')).toBe(401);
    expect(await status('unsure')).toBe(503);
    expect((await post('/codec/decode', API)).status).toBe(200);
  });

  it('opens by the cookie of the login page, from the UI only', async () => {
    const { post, signIn } = opened();
    const { answer, cookie } = await signIn(API_TOKEN);
    expect(answer.headers.get('location')).toBe('/codec/login?state=done');
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toMatch(/Secure/);
    expect(cookie).not.toContain(API_TOKEN);
    const sent = { cookie: cookie.split(';')[0] ?? '' };
    expect((await post('/codec/decode', { ...sent, origin: UI })).status).toBe(200);
    expect((await post('/codec/decode', { ...sent, origin: 'https://evil.example' })).status).toBe(401);
    expect((await post('/codec/decode', sent)).status).toBe(401);
    const forged = { cookie: `${sent.cookie.slice(0, -2)}xx`, origin: UI };
    expect((await post('/codec/decode', forged)).status).toBe(401);
    // A replica with another key, or the same after the API token was changed.
    const other = opened({ sessionKey: Buffer.alloc(32, 2) });
    expect((await other.post('/codec/decode', { ...sent, origin: UI })).status).toBe(401);
  });

  it('signs nobody in without the token, and asks for TLS where there is TLS', async () => {
    const { app, signIn } = opened();
    for (const wrong of ['', 'wrong', `${API_TOKEN}x`]) {
      const { answer, cookie } = await signIn(wrong);
      expect([answer.headers.get('location'), cookie]).toEqual(['/codec/login?state=wrong', '']);
    }
    expect((await signIn(API_TOKEN, { 'x-forwarded-proto': 'https' })).cookie).toMatch(/Secure/);
    const form = await app.request('/codec/login?state=<script>');
    expect(await form.text()).toContain('type="password"');
    expect(form.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  it('answers pages of the UI and no others, also when it refuses', async () => {
    const { app, post } = opened();
    const preflight = (origin: string) =>
      app.request('/codec/decode', {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'content-type,x-namespace,authorization-extras',
        },
      });
    const allowed = await preflight(UI);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(UI);
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true');
    expect(allowed.headers.get('access-control-allow-headers')).toMatch(/x-namespace/);
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
    const refusal = await post('/codec/decode', { origin: UI });
    expect(refusal.headers.get('access-control-allow-origin')).toBe(UI);
  });

  it('has an address with a secret for a UI without a login, where one is set, and from its origin', async () => {
    const path = `/codec/ui/${UI_SECRET}/decode`;
    expect((await opened().post(path, { origin: UI })).status).toBe(404);
    const { post } = opened({ uiSecret: UI_SECRET });
    expect((await post(path, { origin: UI })).status).toBe(200);
    expect((await post(path, { origin: 'https://evil.example' })).status).toBe(404);
    expect((await post(path)).status).toBe(404);
    expect((await post('/codec/ui/another-secret-of-the-length/decode', { origin: UI })).status).toBe(404);
  });

  it('says which payload form it takes, and which key is missing', async () => {
    const { post } = opened({ decode: async () => ({ unreadable: 'No key "2024" is configured.' }) });
    const answer = await post('/codec/decode', API);
    expect([answer.status, await answer.json()]).toMatchObject([
      422,
      { detail: 'No key "2024" is configured.' },
    ]);
    for (const wrong of [
      {},
      { payloads: {} },
      { payloads: [{ data: 'not base64!' }] },
      { payloads: [{ metadata: [] }] },
    ])
      expect((await post('/codec/encode', API, wrong)).status).toBe(422);
  });
});

it('a session ends after its time, and cannot be prolonged by hand', () => {
  let now = 1_000_000;
  const sessions = createSessions(Buffer.alloc(32), () => now);
  const cookie = sessions.issue();
  expect(sessions.holds(cookie)).toBe(true);
  const [until, signature] = cookie.split('.');
  expect(sessions.holds(`${Number(until) + 1}.${signature}`)).toBe(false);
  for (const wrong of [undefined, '', '.', until, `${until}.`]) expect(sessions.holds(wrong)).toBe(false);
  now += SESSION_SECONDS * 1000;
  expect(sessions.holds(cookie)).toBe(false);
});
