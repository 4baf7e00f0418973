import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';

export type Tensors = Record<string, readonly number[]>;

/** A safetensors file of 32-bit zeros in the given shapes. */
export function safetensors(
  tensors: Tensors,
  change: (header: Record<string, unknown>) => void = () => undefined,
): Buffer {
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let at = 0;
  for (const [name, shape] of Object.entries(tensors)) {
    const bytes = shape.reduce((product, side) => product * side, 4);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, (at += bytes)] };
  }
  change(header);
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([length, text, Buffer.alloc(at)]);
}

export const TINY: Tensors = {
  'embeddings.word_embeddings.weight': [40, 8],
  'encoder.layer.0.attention.self.query.weight': [8, 8],
  'encoder.layer.1.attention.self.query.weight': [8, 8],
};
/** Numbers in the tensors of `TINY`. */
export const TINY_PARAMETERS = 40 * 8 + 2 * 8 * 8;

const CONFIG = {
  architectures: ['BertModel'],
  model_type: 'bert',
  vocab_size: 40,
  hidden_size: 8,
  num_hidden_layers: 2,
};
const TOKENIZER = { model: { type: 'WordPiece', vocab: { '[PAD]': 0, '[UNK]': 1, word: 39 } } };

/** The files of a tiny encoder as sentence-transformers lays it out, with what a hub's folder has besides. */
export const tinyFiles = (): Record<string, string | Buffer> => ({
  'README.md': '---\nlicense: apache-2.0\n---\n# Tiny\n',
  'config.json': JSON.stringify(CONFIG),
  'model.safetensors': safetensors(TINY),
  'tokenizer.json': JSON.stringify(TOKENIZER),
  '1_Pooling/config.json': JSON.stringify({ pooling_mode_mean_tokens: true }),
});

/** What stays behind. */
export const CLUTTER: Record<string, string> = {
  'pytorch_model.bin': 'pickle',
  'modeling_tiny.py': 'import os',
  '.gitattributes': '*.bin filter=lfs',
  'onnx/model.onnx': 'graph',
};

/** Writes files below a folder. */
export async function writeFiles(dir: string, files: Record<string, string | Buffer>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(dir, name)), { recursive: true });
    await writeFile(path.join(dir, name), content);
  }
}
