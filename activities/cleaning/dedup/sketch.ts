/** Bins of a sketch. The estimate of a similarity of 0.5 has a standard error of 0.024. */
const BINS = 512;
/** Two bins a byte: each holds 4 bits of its least shingle, 1 to 15, or 0 where no shingle fell into it. */
export const SKETCH_BYTES = BINS / 2;
/** A sketch as 32-bit words, of eight bins each: as many are compared at once. */
export const SKETCH_WORDS = SKETCH_BYTES / 4;
const VALUES = 15;
/** Of a bin that no shingle fell into: above all values. */
const EMPTY = 0x7fffffff;

/** Makes sketches; memory is used again. */
export class Sketcher {
  private readonly least = new Int32Array(BINS);
  private readonly bytes = new Uint8Array(SKETCH_BYTES);

  /**
   * A summary from which the similarity of two sets of shingles is estimated: MinHash by one permutation (Li, Owen and
   * Zhang, NIPS 2012), of which a few bits of each bin are kept (Li and König, WWW 2010). One hash a shingle makes all
   * 512 minima, and a short text's few shingles have nearly each a bin of their own, so that the estimate is nearly
   * exact there. Valid until the next call. @param shingles well mixed hashes.
   */
  of(shingles: Int32Array): Uint8Array {
    const { least, bytes } = this;
    least.fill(EMPTY);
    const { length } = shingles;
    for (let index = 0; index < length; index++) {
      const shingle = shingles[index] ?? 0;
      const bin = shingle & (BINS - 1);
      const value = shingle >>> 9;
      if (value < (least[bin] ?? 0)) least[bin] = value;
    }
    for (let index = 0; index < SKETCH_BYTES; index++) {
      bytes[index] = nibble(least[2 * index] ?? EMPTY) | (nibble(least[2 * index + 1] ?? EMPTY) << 4);
    }
    return bytes;
  }
}

/** From the low bits: those of a minimum are as good as random, while its high ones are mostly 0. */
const nibble = (least: number): number => (least === EMPTY ? 0 : (least % VALUES) + 1);

/** The lowest bit of each of eight bins that is not 0. */
const filled = (word: number): number => (word | (word >>> 1) | (word >>> 2) | (word >>> 3)) & 0x11111111;
/** How many of the eight lowest bits are set: their sum comes to stand in the highest four bits of the product. */
const countOf = (lowest: number): number => Math.imul(lowest, 0x11111111) >>> 28;

/**
 * Jaccard similarity of the sets behind two sketches, at words `a` and `b` of the given ones: equal bins among those
 * that are not empty in both, less those that are equal by chance (one of 15 that differ).
 */
export function estimateSimilarity(left: Int32Array, a: number, right: Int32Array, b: number): number {
  let [used, inBoth, equal] = [0, 0, 0];
  for (let index = 0; index < SKETCH_WORDS; index++) {
    const [x, y] = [left[a + index] ?? 0, right[b + index] ?? 0];
    const [inX, inY] = [filled(x), filled(y)];
    used += countOf(inX | inY);
    inBoth += countOf(inX & inY);
    equal += countOf(inX & inY & ~filled(x ^ y));
  }
  if (used === 0) return 0;
  return Math.max(0, (equal - inBoth / VALUES) / (1 - 1 / VALUES)) / used;
}

/**
 * Share of the smaller set that lies in the larger one, from their similarity and sizes: with i in both,
 * similarity = i / (a + b - i). Sizes may count repeats, as long as they do so on both sides.
 */
export function containment(similarity: number, sizeA: number, sizeB: number): number {
  const inBoth = (similarity / (1 + similarity)) * (sizeA + sizeB);
  return Math.min(1, inBoth / Math.max(1, Math.min(sizeA, sizeB)));
}
