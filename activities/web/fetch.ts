import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { isPublicAddress } from './address.ts';

/** The address leads to where nobody outside may have us ask. Does not say where that is: addresses hold secrets. */
export class AddressRefused extends Error {
  constructor(why: string) {
    super(`The address is refused: ${why}.`);
    this.name = 'AddressRefused';
  }
}

/** The answer is longer than was asked for. */
export class AnswerTooLarge extends Error {
  constructor(maxBytes: number) {
    super(`The answer is longer than ${maxBytes} bytes.`);
    this.name = 'AnswerTooLarge';
  }
}

export interface PublicFetchOptions {
  /** For tests: which addresses and ports may be asked, and how names are resolved. */
  isPublic?: (address: string) => boolean;
  ports?: readonly string[];
  lookup?: typeof systemLookup;
}

export interface PublicRequest {
  maxBytes: number;
  /** Ends it, the reading of the answer included. */
  signal: AbortSignal;
}

export interface PublicAnswer {
  status: number;
  /** Without parameters, in lower case. */
  contentType: string | undefined;
  body: Buffer;
}

const MAX_REDIRECTS = 3;
/** As `URL` shows them: the port of the scheme is left out. */
const PORTS = ['', '80', '443'];
/** Read of an answer that only leads on. */
const REDIRECT_BYTES = 16_384;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

/**
 * The only way to ask for an address that came from a user or a document: http and https, usual ports, public
 * addresses, also after a redirect. A name is connected to by the address that was looked at, so that it cannot mean
 * another one a moment later. Sends no credentials. Rejects with `AddressRefused`, `AnswerTooLarge`, or as the network.
 */
export function createPublicFetch(options: PublicFetchOptions = {}) {
  const { isPublic = isPublicAddress, ports = PORTS, lookup = systemLookup } = options;
  const agent = new Agent({ connect: { lookup: guarded(lookup, isPublic) } });

  /** A literal is not looked up, so it is looked at here. */
  function check(address: string | URL): URL {
    if (!URL.canParse(String(address))) throw new AddressRefused('it cannot be read');
    const url = new URL(address);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new AddressRefused('its scheme');
    if (url.username !== '' || url.password !== '') throw new AddressRefused('it holds credentials');
    if (!ports.includes(url.port)) throw new AddressRefused('its port');
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !isPublic(host)) throw new AddressRefused('it is not of the public internet');
    return url;
  }

  return {
    async get(address: string, { maxBytes, signal }: PublicRequest): Promise<PublicAnswer> {
      let url = check(address);
      for (let redirects = 0; ; redirects++) {
        const { statusCode, headers, body } = await request(url, { dispatcher: agent, signal });
        const location = headers.location;
        if (!REDIRECTS.has(statusCode) || typeof location !== 'string') {
          const type = String(headers['content-type'] ?? '')
            .split(';')[0]
            ?.trim()
            .toLowerCase();
          return { status: statusCode, contentType: type || undefined, body: await read(body, maxBytes) };
        }
        await body.dump({ limit: REDIRECT_BYTES, signal });
        if (redirects === MAX_REDIRECTS) throw new AddressRefused('it leads from place to place');
        url = check(URL.canParse(location, url.href) ? new URL(location, url) : location);
      }
    },
    close: () => agent.close(),
  };
}

/** Resolves a name, unless any of its addresses may not be asked: which one is connected to is not ours to choose. */
function guarded(lookup: typeof systemLookup, isPublic: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '');
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => isPublic(address))) {
        return callback(new AddressRefused('it is not of the public internet'), '');
      }
      if (options.all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  };
}

async function read(body: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    // Leaving the loop ends the connection.
    if (length > maxBytes) throw new AnswerTooLarge(maxBytes);
    parts.push(part);
  }
  return Buffer.concat(parts);
}
