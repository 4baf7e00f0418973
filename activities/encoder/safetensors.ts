import { readFile } from 'node:fs/promises';
import { numbersIn, readWeightsHeader } from '../training/models/weights-header';

/** A tensor of 32-bit floats, row-major. */
export interface Tensor {
  shape: readonly number[];
  data: Float32Array;
}

/**
 * Reads the 32-bit float tensors of a safetensors file; tensors of other types are left out.
 *
 * The format: eight bytes little-endian header length, a JSON header with the place of each tensor, then the data
 * (https://huggingface.co/docs/safetensors). The tensors share one buffer of the file's size.
 * @throws `ModelRefused` where it is not in that format, or was cut off.
 */
export async function readSafetensors(path: string): Promise<Map<string, Tensor>> {
  const file = await readFile(path);
  const entries = await readWeightsHeader(path, file.length, (start, end) =>
    Promise.resolve(file.subarray(start, end)),
  );
  // Float32Array needs an offset that is a multiple of four, which neither the header nor readFile promises.
  const body = new Uint8Array(file.subarray(8 + Number(file.readBigUInt64LE(0)))).buffer;
  const tensors = new Map<string, Tensor>();
  for (const [name, { dtype, shape, start }] of entries) {
    if (dtype === 'F32') tensors.set(name, { shape, data: new Float32Array(body, start, numbersIn({ dtype, shape })) });
  }
  return tensors;
}
