import { isIP } from 'node:net';
import { isPublicAddress } from '../../../kit/public-address';

/** Where an answer came from. */
export interface AnsweredBy {
  url: URL;
  /** The address that the connection was made to. */
  address: string | undefined;
}

/** A redirect that leads where it may not. */
export class WrongRedirect extends Error {}

/**
 * Where a redirect of the hub leads: weights lie on hosts of others. One from the public internet must stay there, and one over TLS
 * keeps it: a hub, or who answers in its place, may not send us to a host of this network.
 * @returns the address, and whether its name must be looked up as that of a public host. @throws WrongRedirect
 */
export function redirectOf(from: AnsweredBy, location: string): { url: URL; mustBePublic: boolean } {
  if (!URL.canParse(location, from.url.href)) throw new WrongRedirect('it redirects to no address');
  const url = new URL(location, from.url);
  const isKept = url.protocol === from.url.protocol || url.protocol === 'https:';
  if (!isKept || !['http:', 'https:'].includes(url.protocol))
    throw new WrongRedirect(`it redirects to ${url.protocol}`);
  const mustBePublic = url.origin !== from.url.origin && isPublicAddress(from.address ?? '');
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (mustBePublic && isIP(host) !== 0 && !isPublicAddress(host))
    throw new WrongRedirect(`it redirects to ${url.host}, which is of a private network`);
  return { url, mustBePublic };
}
