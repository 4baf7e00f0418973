import type { IntList } from '../text/growable';
import { mix } from '../text/rolling-hash';

/** 14 bands of 8 hashes, as in FineWeb: two texts of Jaccard similarity s share a band with 1-(1-s^8)^14. */
export const BANDS = 14;
export const ROWS = 8;
const HASHES = BANDS * ROWS;

/** Part of every signature; another seed finds other pairs among those in doubt. */
const SEED = 1;

/** A different pseudo-random number for each index. */
const random = (index: number): number => mix(Math.imul(index + 1, 0x9e3779b9) ^ Math.imul(SEED, 0x85ebca6b));

/**
 * The permutations x -> (a*x + b) mod 2^32 with odd a: 32 bits, so that a shingle costs one multiplication for each,
 * where 61 bits would need big integers. Shingle hashes are mixed before, as the low bits of a product mix little.
 */
const A = Int32Array.from({ length: HASHES }, (_, index) => random(2 * index) | 1);
const B = Int32Array.from({ length: HASHES }, (_, index) => random(2 * index + 1));

/** Makes signatures; memory is used again. */
export class MinHash {
  private readonly least = new Int32Array(HASHES);
  private readonly bands = new Int32Array(2 * BANDS);

  /**
   * Two 32-bit halves for each band, equal for two sets of shingles where their 8 minima in that band are (and for
   * unequal ones once in 2^64). Valid until the next call. `shingles` is not empty.
   */
  bandsOf(shingles: IntList): Int32Array {
    const { least, bands } = this;
    const { values, length } = shingles;
    least.fill(0x7fffffff);
    // By permutation within a block of shingles: the running minimum then stays in a register.
    for (let hash = 0; hash < HASHES; hash++) {
      const [a, b] = [A[hash] ?? 1, B[hash] ?? 0];
      let minimum = 0x7fffffff;
      for (let index = 0; index < length; index++) {
        const permuted = (Math.imul(a, values[index] ?? 0) + b) | 0;
        if (permuted < minimum) minimum = permuted;
      }
      least[hash] = minimum;
    }
    for (let band = 0; band < BANDS; band++) {
      let [first, second] = [0x2545f491, 0x4f6cdd1d];
      for (let row = 0; row < ROWS; row++) {
        const minimum = least[band * ROWS + row] ?? 0;
        first = mix(first ^ minimum);
        second = mix(Math.imul(second, 31) + minimum);
      }
      bands[2 * band] = first;
      bands[2 * band + 1] = second;
    }
    return bands;
  }
}
