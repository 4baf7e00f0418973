import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import * as z from 'zod';
import type { Difference } from '../../schemas/distillation-gate';
import type { ShelvedModel } from './model-shelf';

/** What a recipe may leave beside its result: texts, and what PyTorch gave of them. */
export const REFERENCE_FILE = 'reference.json';

const reference = z.object({ texts: z.array(z.string()).min(1), outputs: z.array(z.array(z.number()).min(1)).min(1) });

/** What PyTorch gave, from the folder of a trained model; undefined where its recipe left nothing. */
export async function readReference(folder: string): Promise<z.infer<typeof reference> | undefined> {
  const file = path.join(folder, REFERENCE_FILE);
  return existsSync(file) ? reference.parse(JSON.parse(await readFile(file, 'utf8'))) : undefined;
}

/**
 * How far rows of numbers lie from those that they should be: of vectors 1 - cosine, of logits the largest change of the probability of a
 * class. Of more numbers than a row of `found` has, the first are compared: those are what is kept of a vector.
 */
export function differenceOf(
  task: ShelvedModel['task'],
  expected: readonly ArrayLike<number>[],
  found: readonly ArrayLike<number>[],
): Difference {
  const distances = found.map((row, at) => (task === 'embedding' ? angle : change)(expected[at] ?? [], row));
  const sum = distances.reduce((total, value) => total + value, 0);
  return { texts: found.length, mean: sum / Math.max(1, found.length), worst: Math.max(0, ...distances) };
}

/** Rows of `width` numbers. */
export const rowsOf = (numbers: Float32Array, width: number): Float32Array[] =>
  Array.from({ length: numbers.length / width }, (_, at) => numbers.subarray(at * width, (at + 1) * width));

function angle(expected: ArrayLike<number>, found: ArrayLike<number>): number {
  let [product, one, other] = [0, 0, 0];
  for (let at = 0; at < found.length; at += 1) {
    const [a, b] = [expected[at] ?? 0, found[at] ?? 0];
    product += a * b;
    one += a * a;
    other += b * b;
  }
  return Math.max(0, 1 - product / (Math.sqrt(one * other) || 1));
}

function change(expected: ArrayLike<number>, found: ArrayLike<number>): number {
  const [before, after] = [softmax(expected), softmax(found)];
  return Math.max(0, ...after.map((value, at) => Math.abs(value - (before[at] ?? 0))));
}

function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits);
  const most = Math.max(...values);
  const powers = values.map((value) => Math.exp(value - most));
  const sum = powers.reduce((total, value) => total + value, 0);
  return powers.map((value) => value / sum);
}
