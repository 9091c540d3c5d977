/** Names a callback in histories and signals. It opens nothing: the token is not made of it. */
export interface CallbackRef {
  tenantId: string;
  callbackId: string;
}

const TOKEN = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/;

/** Where a provider posts its answer, below the public address. Whoever knows it may answer. */
export const callbackPath = (callbackId: string, secret: string): string =>
  `/callbacks/${callbackId}.${secret}`;

/** The two halves of a token, or undefined for anything that we have not written. */
export function parseCallbackToken(token: string): { callbackId: string; secret: string } | undefined {
  const [, callbackId, secret] = TOKEN.exec(token) ?? [];
  return callbackId === undefined || secret === undefined ? undefined : { callbackId, secret };
}
