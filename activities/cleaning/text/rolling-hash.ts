/**
 * A polynomial hash modulo 2^32 of a run of characters, from which that of any part follows in two operations: the
 * sum of c(k) * B^k over the characters up to the end, less that up to the start, times B^-start. Two odd bases make
 * 64 bits. It stands for comparing the texts of n-grams, of which a document has ten for every word.
 */
export const BASES = [0x2c1b3c6d, 0x297a2d39] as const;

/** The inverse of an odd number modulo 2^32, by Newton's iteration: each step doubles the right bits. */
function inverseOf(odd: number): number {
  let inverse = odd;
  for (let bits = 3; bits < 32; bits *= 2) inverse = Math.imul(inverse, 2 - Math.imul(odd, inverse));
  return inverse;
}
export const INVERSES = [inverseOf(BASES[0]), inverseOf(BASES[1])] as const;

/** A character as it enters the sum: plain codes differ in a few low bits only, and sums of them would meet. */
export function characterHash(code: number): number {
  const mixed = Math.imul(code + 1, 0x9e3779b1);
  return mixed ^ (mixed >>> 15);
}

/** Spreads 32 bits evenly (the finaliser of MurmurHash3). */
export function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
