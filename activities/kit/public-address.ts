import { lookup as systemLookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/**
 * Networks that are not the public internet, by the special-purpose registries of IANA (RFC 6890 and its updates):
 * this host, private and shared networks, link-local (with the metadata services of clouds), documentation, benchmarks,
 * multicast and reserved.
 */
const IPV4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** The same for IPv6, with the ways to write an IPv4 address in it (translation, 6to4, Teredo). */
const IPV6 = [
  '::/128',
  '::1/128',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  'fc00::/7',
  'fe80::/10',
  'fec0::/10',
  'ff00::/8',
];

const notPublic = new BlockList();
for (const [networks, family] of [[IPV4, 'ipv4'] as const, [IPV6, 'ipv6'] as const]) {
  for (const network of networks) {
    const [address = '', bits = ''] = network.split('/');
    notPublic.addSubnet(address, Number(bits), family);
  }
}

/** Whether an address (no name) is one of the public internet. IPv4 addresses within IPv6 count as what they are. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return !notPublic.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** A host that a source may not be fetched from. */
export class PrivateAddress extends Error {}

/** Looks up a name as the system does, and refuses the answer where any address in it is not public. */
export const publicLookup: LookupFunction = (hostname, options, callback) => {
  systemLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) return callback(error, '');
    if (!addresses.every(({ address }) => isPublicAddress(address))) {
      return callback(new PrivateAddress(`${hostname} has an address of a private network`), '');
    }
    if (options.all) return callback(null, addresses);
    const [first] = addresses;
    callback(null, first?.address ?? '', first?.family);
  });
};
