import type { LogPiece } from './launcher';

/** The most that a piece of a log holds, in bytes. */
export const LOG_BYTES = 64 * 1024;

/**
 * A piece of a log that ends with a whole character, so that the next one begins with one; bytes that are no UTF-8 become
 * replacement characters. A character has four bytes at most: what is shorter and begun is left for the next time.
 */
export function logPiece(bytes: Buffer, offset: number): LogPiece {
  let end = bytes.length;
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    if (length > back) end = bytes.length - back;
    break;
  }
  return { text: bytes.subarray(0, end).toString('utf8'), next: offset + end };
}
