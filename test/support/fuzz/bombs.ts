/** Bytes that a block of Zstandard may stand for at the most. */
const BLOCK = 128 * 1024;

/**
 * A frame of Zstandard whose blocks say "so many zeros": 4 bytes for 128 KiB each (RFC 8878, 3.1.1.2).
 * @param packed bytes of it, about
 */
export function zstdBomb(packed: number): Buffer {
  const blocks = Math.max(1, Math.floor(packed / 4));
  // Magic number; a header with a window of 128 KiB and no size; then the blocks.
  const frame = Buffer.alloc(6 + 4 * blocks);
  frame.writeUInt32LE(0xfd2fb528, 0);
  frame.writeUInt8(0, 4);
  frame.writeUInt8(7 << 3, 5);
  for (let block = 0; block < blocks; block++) {
    const isLast = block === blocks - 1 ? 1 : 0;
    frame.writeUIntLE(isLast | (1 << 1) | (BLOCK << 3), 6 + 4 * block, 3);
  }
  return frame;
}
