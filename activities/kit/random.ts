/**
 * Numbers from 0 (inclusive) to 1 that look random and are the same for the same seed: Mulberry32 (Tommy Ettinger,
 * public domain). 32 bits of state are plenty for drawing samples and choosing cases, and for nothing secret.
 */
export function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
