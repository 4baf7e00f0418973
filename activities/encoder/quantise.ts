import type { Tensor } from './safetensors';

/** A matrix in 8-bit integers with the scale of each row or column: `value ≈ data × scale`. */
export interface Quantised {
  data: Int8Array;
  scales: Float32Array;
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
