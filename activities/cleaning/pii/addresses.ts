import { isIPv6 } from 'node:net';

/** IPv4 ranges that name no public host (IANA's special-purpose registry, and multicast): first address and bits. */
const PRIVATE: [string, number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

const numberOf = (address: string): number =>
  address.split('.').reduce((number, part) => number * 256 + Number(part), 0);

/** Whether an IPv4 address in its usual form could be somebody's. */
export function isPublicIpv4(address: string): boolean {
  const number = numberOf(address);
  return !PRIVATE.some(([first, bits]) => {
    const size = 2 ** (32 - bits);
    return Math.floor(number / size) === Math.floor(numberOf(first) / size);
  });
}

/** Whether an IPv6 address could be somebody's: of 2000::/3, and not of the ranges for documentation. */
export const isPublicIpv6 = (address: string): boolean =>
  isIPv6(address) && /^[23][0-9a-f]{3}:/i.test(address) && !/^(?:2001:0?db8:|3fff:)/i.test(address);
