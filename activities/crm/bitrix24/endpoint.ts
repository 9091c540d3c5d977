import { ProviderError } from '../../../domain/failure.ts';
import { PROVIDER } from './errors.ts';

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** The address of an inbound webhook. `code` is the credential: it stays in here. */
export interface Endpoint {
  /** Scheme and host of the portal; safe to show. */
  origin: string;
  /** The secret part of the path, for scrubbing. */
  code: string;
  url(method: string): URL;
}

const misconfigured = (message: string) =>
  new ProviderError({ provider: PROVIDER, class: 'misconfigured', message });

/**
 * Reads `https://<portal>/rest/<user id>/<code>/`. Plain http only on this machine, for a stand-in.
 * Throws a `misconfigured` ProviderError that does not quote the address.
 */
export function parseWebhookUrl(webhookUrl: string): Endpoint {
  const url = URL.canParse(webhookUrl) ? new URL(webhookUrl) : undefined;
  const path = url?.pathname.match(/^(.*\/rest\/\d+\/([^/]+))\/?$/);
  const prefix = path?.[1];
  const code = path?.[2];
  if (url === undefined || prefix === undefined || code === undefined) {
    throw misconfigured('BITRIX_WEBHOOK_URL must look like https://<portal>/rest/<user id>/<code>/.');
  }
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url))) {
    throw misconfigured('BITRIX_WEBHOOK_URL must be https: its path is a password.');
  }
  return { origin: url.origin, code, url: (method) => new URL(`${prefix}/${method}.json`, url.origin) };
}

/**
 * Where to post again after a redirect, or undefined if we must not. A renamed portal keeps its
 * paths, so only the host may change; https never falls back to http, loopback stays loopback.
 */
export function redirectTarget(from: URL, location: string | null): URL | undefined {
  if (location === null || !URL.canParse(location, from.href)) return undefined;
  const to = new URL(location, from);
  const samePath = to.pathname === from.pathname || to.pathname === from.pathname.replace(/\.json$/, '');
  const sameTrust =
    to.protocol === 'https:' ||
    (to.protocol === 'http:' && from.protocol === 'http:' && isLoopback(to) && isLoopback(from));
  if (!samePath || !sameTrust || to.origin === from.origin) return undefined;
  if (isLoopback(to) !== isLoopback(from)) return undefined;
  return new URL(from.pathname, to.origin);
}

const isLoopback = (url: URL) => LOOPBACK.has(url.hostname);
