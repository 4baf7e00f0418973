import { createHash } from 'node:crypto';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** 18 bits of FNV-1a (Fowler, Noll, Vo), mixed once more since its low bits are weak, as three characters. */
function code(token: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < token.length; at += 1) hash = Math.imul(hash ^ token.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash ^= hash >>> 13;
  return [hash >>> 26, (hash >>> 20) & 63, (hash >>> 14) & 63].map((six) => ALPHABET[six]).join('');
}

/**
 * Bottom-k sketch of a set of tokens (Broder 1997): its k smallest hashes, joined. A set of at most k tokens is in it
 * whole; of a larger one it is a fair sample, the same tokens of any two sets that share them.
 */
export const sketch = (tokens: Iterable<string>, k: number): string =>
  [...new Set(Array.from(tokens, code))].sort().slice(0, k).join('');

/** 48 bits of sha256, as eight characters: two of a window's 64 turns meet by chance once in 10^11 windows. */
export const shortHash = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 8);
