import * as z from 'zod';
import { failure } from '../../errors';

/** A tensor of a safetensors file. */
export interface TensorEntry {
  dtype: string;
  shape: readonly number[];
}

/** The same, with the place of its data: bytes after the header. */
export interface PlacedTensor extends TensorEntry {
  start: number;
}

/** Bytes of a number of each type. */
const WIDTH: Record<string, number> = {
  ...{ F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, F8_E5M2: 1, F8_E8M0: 1 },
  ...{ I64: 8, U64: 8, I32: 4, U32: 4, I16: 2, U16: 2, I8: 1, U8: 1, BOOL: 1 },
};
/** The format's own bound: a longer header is refused by every reader. */
const HEADER_MAX = 100_000_000;

const header = z.record(
  z.string(),
  z.object({
    dtype: z.string(),
    shape: z.array(z.int().nonnegative()),
    data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
  }),
);

/**
 * The tensors of a safetensors file, read from its first bytes: the length of the header (8 bytes, little-endian), and the
 * header, JSON (https://huggingface.co/docs/safetensors). As the format wants it, the data must be of the stated sizes, one
 * tensor after the other, without a gap, to the end of the file.
 * @param bytes size of the file.
 * @throws `ModelRefused` where it is not such a file, or was cut off.
 */
export async function readWeightsHeader(
  name: string,
  bytes: number,
  read: (start: number, end: number) => Promise<Buffer>,
): Promise<Map<string, PlacedTensor>> {
  const refuse = (why: string) => failure('ModelRefused', `${name} is not a whole safetensors file: ${why}.`);
  if (bytes < 8) throw refuse(`it has ${bytes} bytes`);
  const length = Number((await read(0, 8)).readBigUInt64LE(0));
  if (length > HEADER_MAX || 8 + length > bytes)
    throw refuse(`its header would be of ${length} bytes, the file has ${bytes}`);
  const entries = parseHeader((await read(8, 8 + length)).toString('utf8'));
  if (!entries) throw refuse('its header is not the JSON that it should be');

  let end = 0;
  const tensors = new Map<string, PlacedTensor>();
  for (const [tensor, { dtype, shape, data_offsets }] of entries) {
    const width = WIDTH[dtype];
    if (width === undefined) throw refuse(`${tensor} is of the type ${dtype}`);
    const size = shape.reduce((product, side) => product * side, width);
    const [start, stop] = data_offsets;
    if (start !== end || stop - start !== size)
      throw refuse(`${tensor} lies at ${start} to ${stop}, and takes ${size} bytes after ${end}`);
    end = stop;
    tensors.set(tensor, { dtype, shape, start });
  }
  if (8 + length + end !== bytes) throw refuse(`its tensors end at byte ${8 + length + end} of ${bytes}`);
  return tensors;
}

/** The entries in the order of their data; undefined where the text is no header. */
function parseHeader(text: string): [string, z.infer<typeof header>[string]][] | undefined {
  try {
    const { __metadata__: _, ...entries } = JSON.parse(text) as Record<string, unknown>;
    // Tensors without numbers share their place with the next: those come first.
    return Object.entries(header.parse(entries)).sort(
      ([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1],
    );
  } catch {
    return undefined;
  }
}

/** Whether a tensor holds what is learnt, and not positions or codes. */
export const isLearnt = ({ dtype }: TensorEntry): boolean => dtype.startsWith('F') || dtype === 'BF16';

/** Numbers in a tensor. */
export const numbersIn = ({ shape }: TensorEntry): number => shape.reduce((product, side) => product * side, 1);
