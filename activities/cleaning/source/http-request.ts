import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { failure } from '../../errors';
import { isBelow, type AllowedAddress } from './allowed';
import { isPublicAddress, PrivateAddress, publicLookup } from '../../kit/public-address';
import { send } from '../../kit/send';

/** As browsers have it; a longer chain is a loop more often than a way. */
const MOST_REDIRECTS = 5;
/** A server that sends nothing for this long is away. */
const IDLE_MS = 60_000;

/** The entry of the allow-list that an address falls under. No credentials: they would stand in the history. */
export function allowedEntry(allowed: readonly AllowedAddress[], address: URL): AllowedAddress {
  const entry = allowed.find(({ url }) => {
    const { origin, pathname } = new URL(url);
    return address.origin === origin && isBelow(address.pathname, pathname) && !climbs(address.pathname);
  });
  if (entry && address.username === '' && address.password === '') return entry;
  throw failure('SourceNotAllowed', `The address ${shown(address)} is not below one that is allowed.`);
}

/**
 * Whether a path may leave its folder on a server that decodes slashes before it looks for a file. Plain `..` is gone by
 * now, as `URL` has it.
 */
const climbs = (path: string): boolean => /(^|\/|\\|%2f|%5c)(\.|%2e){2}(\/|\\|%2f|%5c|$)/i.test(path);

/** An address without what may be a secret: credentials and query. */
export const shown = ({ protocol, host, pathname }: URL): string => `${protocol}//${host}${pathname}`;

/**
 * Asks for an address, following redirects as far as each leads to an allowed one. The answer's body must be read or
 * destroyed.
 * @throws `SourceNotAllowed`; `Unavailable` where nobody answers.
 */
export async function get(
  allowed: readonly AllowedAddress[],
  url: string,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let address = new URL(url);
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const entry = allowedEntry(allowed, address);
    const answer = await getOnce(address, entry, headers, signal);
    const { statusCode = 0, headers: told } = answer;
    if (statusCode < 300 || statusCode >= 400 || !told.location) return answer;
    answer.destroy();
    if (!URL.canParse(told.location, address.href)) break;
    address = new URL(told.location, address);
  }
  throw failure('SourceNotAllowed', `The address ${shown(new URL(url))} redirects without end, or to no address.`);
}

async function getOnce(
  address: URL,
  { privateNetwork }: AllowedAddress,
  headers: Record<string, string>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const host = address.hostname.replace(/^\[|\]$/g, '');
  // A name is looked up once, by the connection itself: nobody can answer it otherwise in between.
  if (!privateNetwork && isIP(host) !== 0 && !isPublicAddress(host)) throw refused(address);
  try {
    return await send(address, {
      headers: { 'accept-encoding': 'identity', 'user-agent': 'temporal-llm-pack', ...headers },
      ...{ signal, idleMs: IDLE_MS },
      ...(privateNetwork ? {} : { lookup: publicLookup }),
    });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PrivateAddress) throw refused(address);
    throw unavailable(address, error instanceof Error ? error.message || error.name : String(error));
  }
}

const refused = (address: URL) =>
  failure('SourceNotAllowed', `The host of ${shown(address)} has an address of a private network.`);

/** @param seconds after which the server wants to be asked again, where it says so. */
export const unavailable = (address: URL, why: string, seconds?: number) =>
  failure('Unavailable', `${shown(address)} does not answer as it should (${why}).`, undefined, seconds);
