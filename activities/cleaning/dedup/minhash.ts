import { mix } from '../text/rolling-hash';
import { createKernel, GROUP } from './minhash-kernel';

/** 14 bands of 8 hashes, as in FineWeb: two sets of Jaccard similarity s share a band with 1-(1-s^8)^14. */
export const BANDS = 14;
export const ROWS = 8;
/** Rows in half a band. The 28 halves are bands of their own: two sets share one with 1-(1-s^4)^28. */
const HALF = ROWS / 2;
const HASHES = BANDS * ROWS;

/** Part of every signature; another seed finds other pairs among those in doubt. */
const SEED = 1;

/** A different pseudo-random number for each index. */
const random = (index: number): number => mix(Math.imul(index + 1, 0x9e3779b9) ^ Math.imul(SEED, 0x85ebca6b));

// Where things lie in the kernel's memory, in 32-bit numbers.
const LEAST = 0;
/** For each group of permutations its factors, then its summands. */
const TABLE = HASHES;
const BLOCK = TABLE + 2 * HASHES;
/** Shingles taken at once: all groups go over them while they are in the first cache. */
const BLOCK_SIZE = 4096;

/** Makes signatures; memory is used again. */
export class MinHash {
  private readonly kernel = createKernel((BLOCK + BLOCK_SIZE) * 4);
  private readonly bands = new Int32Array(2 * BANDS);

  /**
   * The permutations are x -> (a*x + b) mod 2^32 with odd a: 32 bits, so that a shingle costs one multiplication for
   * each, where 61 bits would need big integers. Shingle hashes are mixed before, as the low bits of a product mix
   * little.
   */
  constructor() {
    for (let hash = 0; hash < HASHES; hash++) {
      const at = TABLE + Math.floor(hash / GROUP) * 2 * GROUP + (hash % GROUP);
      this.kernel.memory[at] = random(2 * hash) | 1;
      this.kernel.memory[at + GROUP] = random(2 * hash + 1);
    }
  }

  /**
   * Two 32-bit numbers for each band: one of its first four minima, one of the others. Two sets share a band where
   * both are equal, and half a band where one is (unequal minima give equal numbers once in 2^32). Valid until the
   * next call. @param shingles not empty.
   */
  bandsOf(shingles: Int32Array): Int32Array {
    this.findMinima(shingles);
    const { memory } = this.kernel;
    for (let half = 0; half < 2 * BANDS; half++) {
      let hash = half;
      for (let row = 0; row < HALF; row++) hash = mix(Math.imul(hash, 31) ^ (memory[LEAST + half * HALF + row] ?? 0));
      this.bands[half] = hash;
    }
    return this.bands;
  }

  private findMinima(shingles: Int32Array): void {
    const { memory, advance } = this.kernel;
    memory.fill(0x7fffffff, LEAST, LEAST + HASHES);
    for (let start = 0; start < shingles.length; start += BLOCK_SIZE) {
      const block = shingles.subarray(start, start + BLOCK_SIZE);
      memory.set(block, BLOCK);
      const stop = (BLOCK + block.length) * 4;
      for (let hash = 0; hash < HASHES; hash += GROUP) {
        advance(BLOCK * 4, stop, (TABLE + 2 * hash) * 4, (LEAST + hash) * 4);
      }
    }
  }
}
