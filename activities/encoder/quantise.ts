import type { Tensor } from './safetensors';

/** A matrix in 8-bit integers with the scale of each row or column: `value ≈ data × scale`. */
export interface Quantised {
  data: Int8Array;
  scales: Float32Array;
}

/** The smallest and the largest of some numbers. */
export interface Range {
  low: number;
  high: number;
}

/** Symmetric, so that zero stays zero and needs no offset: -128 is not used. */
const LARGEST = 127;
const SMALLEST = 1e-30;

/**
 * Rounds a matrix to 8 bits with one scale for each column: the largest of its values becomes 127, so that no value is off
 * by more than half a scale. One scale for all would let the largest weight decide how coarse the others are.
 */
export function quantiseColumns({ shape, data }: Tensor): Quantised {
  const columns = shape.at(-1) ?? 0;
  return quantise(data, columns, (at) => at % columns);
}

/** The same with one scale for each row. */
export function quantiseRows({ shape, data }: Tensor): Quantised {
  const columns = shape.at(-1) ?? 1;
  return quantise(data, data.length / columns, (at) => Math.floor(at / columns));
}

/** Parts of an octave to which the ends of a range are rounded outwards. */
const STEPS_AN_OCTAVE = 8;
/** Numbers of 8 bits without a sign, less one. */
const LEVELS = 255;

/**
 * Scale and zero for numbers of a range in 8 bits without a sign: `value ≈ (data - zero) × scale`. Zero is met exactly, and
 * what lies outside the range becomes its end. The ends are rounded outwards, which leaves room for what was not seen, and
 * lets machines whose floating point differs in the last bits build the same model.
 */
export function quantiseInputs({ low, high }: Range): { scale: number; zero: number } {
  const [below, above] = [outwards(-low), outwards(high)];
  const scale = Math.fround((below + above) / LEVELS || 1);
  return { scale, zero: Math.round(below / scale) };
}

/** The next step above a number, 0 for one that is not positive. */
const outwards = (value: number): number =>
  value < SMALLEST ? 0 : 2 ** (Math.ceil(Math.log2(value) * STEPS_AN_OCTAVE) / STEPS_AN_OCTAVE);

function quantise(data: Float32Array, groups: number, groupOf: (at: number) => number): Quantised {
  const scales = new Float32Array(groups);
  data.forEach((value, at) => {
    const group = groupOf(at);
    scales[group] = Math.max(scales[group] ?? 0, Math.abs(value));
  });
  // A group of nothing but zeros may have any scale; so may one of numbers so small that theirs would be zero.
  scales.forEach((largest, group) => (scales[group] = largest < SMALLEST ? 1 : largest / LARGEST));
  return { scales, data: Int8Array.from(data, (value, at) => Math.round(value / (scales[groupOf(at)] ?? 1))) };
}
