const ENCODER = new TextEncoder();
/** Longest text, in UTF-16 units, that is encoded into the shared buffer: each takes three bytes at most. */
const SHORT = 1024;
const BUFFER = new Uint8Array(SHORT * 3);

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));

function mix(block: number): number {
  return Math.imul(rotate(Math.imul(block, 0xcc9e2d51), 15), 0x1b873593);
}

/**
 * MurmurHash3_x86_32 of a text's UTF-8 bytes (Austin Appleby, public domain): 0 to 2^32 - 1, the same in every
 * language that has it (scikit-learn's `murmurhash3_32(text, positive=True)`).
 */
export function hash32(text: string, seed = 0): number {
  let bytes: Uint8Array = BUFFER;
  let length = 0;
  if (text.length <= SHORT) length = ENCODER.encodeInto(text, BUFFER).written;
  else {
    bytes = ENCODER.encode(text);
    length = bytes.length;
  }
  let hash = seed | 0;
  const whole = length & ~3;
  for (let at = 0; at < whole; at += 4) {
    const block =
      (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16) | ((bytes[at + 3] ?? 0) << 24);
    hash = (Math.imul(rotate(hash ^ mix(block), 13), 5) + 0xe6546b64) | 0;
  }
  let rest = 0;
  for (let at = length - 1; at >= whole; at--) rest = (rest << 8) | (bytes[at] ?? 0);
  if (length > whole) hash ^= mix(rest);
  hash ^= length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
