import { readFile } from 'node:fs/promises';

/** A tensor of 32-bit floats, row-major. */
export interface Tensor {
  shape: readonly number[];
  data: Float32Array;
}

interface HeaderEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/**
 * Reads the 32-bit float tensors of a safetensors file; tensors of other types are left out.
 *
 * The format: eight bytes little-endian header length, a JSON header with the place of each tensor, then the data
 * (https://huggingface.co/docs/safetensors). The tensors share one buffer of the file's size.
 * @throws if the file is not in that format, or a tensor lies outside the file.
 */
export async function readSafetensors(path: string): Promise<Map<string, Tensor>> {
  const file = await readFile(path);
  const headerBytes = file.length >= 8 ? Number(file.readBigUInt64LE(0)) : Infinity;
  if (8 + headerBytes > file.length) throw new Error(`${path} is not a safetensors file, or it was cut off`);
  const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes)) as Record<string, HeaderEntry>;

  // Float32Array needs an offset that is a multiple of four, which neither the header nor readFile promises.
  const body = new Uint8Array(file.subarray(8 + headerBytes)).buffer;
  const tensors = new Map<string, Tensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (entry.dtype !== 'F32') continue; // also leaves out __metadata__, which has no dtype
    const [start, end] = entry.data_offsets;
    const length = entry.shape.reduce((product, size) => product * size, 1);
    if (end > body.byteLength || end - start !== length * 4) throw new Error(`${path}: ${name} lies outside the file`);
    tensors.set(name, { shape: entry.shape, data: new Float32Array(body, start, length) });
  }
  return tensors;
}
