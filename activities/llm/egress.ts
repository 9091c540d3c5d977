import { Resolver, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, type Dispatcher, ProxyAgent, fetch as undiciFetch } from 'undici';
import type { ProviderSettings } from '../../config/llm.ts';

type Fetch = typeof globalThis.fetch;

export interface Egress {
  fetch: Fetch;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 5_000;

/**
 * The way out to one provider: directly, through a proxy, or with name resolution of its own.
 * Only the connection has a time limit here; Node's own limits of 300 s on headers and body are
 * switched off, because callers bring a signal with the limit that fits.
 * With a proxy it is the proxy that resolves the provider's name.
 */
export function createEgress({ proxy, resolver }: Pick<ProviderSettings, 'proxy' | 'resolver'>): Egress {
  const common = { headersTimeout: 0, bodyTimeout: 0 };
  const lookup = resolver === undefined ? undefined : createLookup(resolver);
  const dispatcher: Dispatcher =
    proxy === undefined
      ? new Agent({ ...common, connect: { timeout: CONNECT_TIMEOUT_MS, ...(lookup && { lookup }) } })
      : new ProxyAgent({ ...common, ...proxyAddress(proxy), connectTimeout: CONNECT_TIMEOUT_MS });
  // The two fetch types describe one standard and differ only in details that no caller here uses.
  const fetch = undiciFetch as unknown as (input: string | URL, init: object) => Promise<Response>;
  return {
    fetch: (input, init) =>
      fetch(input instanceof Request ? input.url : input, { ...init, dispatcher, redirect: 'manual' }),
    close: () => dispatcher.destroy(),
  };
}

/** Takes the password out of the address: the agent wants it apart, and errors may show addresses. */
function proxyAddress(proxy: string): { uri: string; token?: string } {
  const url = new URL(proxy);
  if (url.username === '') return { uri: url.href };
  const login = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = '';
  url.password = '';
  return { uri: url.href, token: `Basic ${Buffer.from(login).toString('base64')}` };
}

/** A `dns.lookup` that asks the configured servers, or a table first and the system second. */
export function createLookup(resolver: NonNullable<ProviderSettings['resolver']>): LookupFunction {
  return (hostname, options, done) => {
    const answer = (addresses: string[]): void => {
      const all = addresses.map((address) => ({ address, family: isIP(address) }));
      const first = all[0];
      if (options.all) done(null, all);
      else if (first !== undefined) done(null, first.address, first.family);
    };
    const address =
      'hosts' in resolver && Object.hasOwn(resolver.hosts, hostname) ? resolver.hosts[hostname] : undefined;
    if (address !== undefined) return answer([address]);
    if ('hosts' in resolver) return systemLookup(hostname, options, done);
    const dns = new Resolver({ timeout: 2_000, tries: 2 });
    dns.setServers(resolver.servers);
    dns.resolve4(hostname, (error4, addresses4) => {
      if (!error4 && addresses4.length > 0) return answer(addresses4);
      dns.resolve6(hostname, (error6, addresses6) => {
        if (!error6 && addresses6.length > 0) return answer(addresses6);
        done(error4 ?? error6 ?? new Error('no address'), []);
      });
    });
  };
}
