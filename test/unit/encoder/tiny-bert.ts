import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { seededRandom } from '../../support/random';

/** A BERT that is small enough to be written out by hand: one word a letter, at most 12 tokens. */
export const TINY = {
  model_type: 'bert',
  hidden_act: 'gelu',
  hidden_size: 8,
  intermediate_size: 12,
  num_attention_heads: 2,
  num_hidden_layers: 2,
  layer_norm_eps: 1e-12,
  max_position_embeddings: 16,
};
export const TINY_LIMIT = 12;
const VOCABULARY = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', ...'abcdefghijklmnopqrstuvwxyz'];

export type TinyWeights = Map<string, { shape: number[]; data: Float32Array }>;

/** Random weights under the names that BERT's have. */
export function tinyWeights(seed: number): TinyWeights {
  const random = seededRandom(seed);
  const { hidden_size: hidden, intermediate_size: wide } = TINY;
  const weights: TinyWeights = new Map();
  const add = (name: string, shape: number[], around = 0) => {
    const length = shape.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length }, () => around + (random.below(2001) - 1000) / 1000);
    weights.set(name, { shape, data });
  };
  const dense = (name: string, from: number, to: number) => {
    add(`${name}.weight`, [to, from]);
    add(`${name}.bias`, [to]);
  };
  const norm = (name: string) => {
    add(`${name}.weight`, [hidden], 1);
    add(`${name}.bias`, [hidden]);
  };
  add('embeddings.word_embeddings.weight', [VOCABULARY.length, hidden]);
  add('embeddings.position_embeddings.weight', [TINY.max_position_embeddings, hidden]);
  add('embeddings.token_type_embeddings.weight', [2, hidden]);
  norm('embeddings.LayerNorm');
  for (let layer = 0; layer < TINY.num_hidden_layers; layer++) {
    const prefix = `encoder.layer.${layer}`;
    for (const part of ['query', 'key', 'value']) dense(`${prefix}.attention.self.${part}`, hidden, hidden);
    dense(`${prefix}.attention.output.dense`, hidden, hidden);
    norm(`${prefix}.attention.output.LayerNorm`);
    dense(`${prefix}.intermediate.dense`, hidden, wide);
    dense(`${prefix}.output.dense`, wide, hidden);
    norm(`${prefix}.output.LayerNorm`);
  }
  return weights;
}

/** A pooler and a classifier on top, as BertForSequenceClassification has them. */
export function withClassifier(base: TinyWeights, labels: number): TinyWeights {
  const random = seededRandom(11);
  const add = (name: string, shape: number[]) => {
    const length = shape.reduce((product, size) => product * size, 1);
    base.set(name, { shape, data: Float32Array.from({ length }, () => (random.below(2001) - 1000) / 1000) });
  };
  add('pooler.dense.weight', [TINY.hidden_size, TINY.hidden_size]);
  add('pooler.dense.bias', [TINY.hidden_size]);
  add('classifier.weight', [labels, TINY.hidden_size]);
  add('classifier.bias', [labels]);
  return base;
}

/** Writes the model as sentence-transformers would, with the fixed padding that must be overruled. */
export async function writeTinyModel(dir: string, weights: TinyWeights): Promise<void> {
  const header: Record<string, object> = { __metadata__: { format: 'pt' } };
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, { shape, data }] of weights) {
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + data.byteLength] };
    parts.push(new Uint8Array(data.buffer));
    at += data.byteLength;
  }
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, 'model.safetensors'), Buffer.concat([length, json, ...parts]));
  await writeFile(join(dir, 'config.json'), JSON.stringify(TINY));
  await writeFile(join(dir, 'sentence_bert_config.json'), JSON.stringify({ max_seq_length: TINY_LIMIT }));
  await writeFile(join(dir, 'tokenizer.json'), JSON.stringify(tokenizerFile()));
}

/** Its tokenizer.json, with the fixed padding and cutting that must be overruled. */
export function tokenizerFile(): object {
  const special = (content: string, id: number) => ({ id, content, special: true, normalized: false });
  const frame = (id: string) => ({ SpecialToken: { id, type_id: 0 } });
  return {
    version: '1.0',
    truncation: { max_length: 3, strategy: 'LongestFirst', stride: 0 },
    padding: { strategy: { Fixed: 3 }, direction: 'Right', pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' },
    added_tokens: VOCABULARY.slice(0, 4).map(special),
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: {
      type: 'TemplateProcessing',
      single: [frame('[CLS]'), { Sequence: { id: 'A', type_id: 0 } }, frame('[SEP]')],
      pair: [],
      special_tokens: {
        '[CLS]': { id: '[CLS]', ids: [2], tokens: ['[CLS]'] },
        '[SEP]': { id: '[SEP]', ids: [3], tokens: ['[SEP]'] },
      },
    },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      continuing_subword_prefix: '##',
      max_input_chars_per_word: 100,
      vocab: Object.fromEntries(VOCABULARY.map((word, id) => [word, id])),
    },
  };
}

/** The vector of letters set apart by blanks, in 64 bits: the mean of `referenceHidden`, then unit length. */
export function referenceVector(weights: TinyWeights, text: string): number[] {
  const sum = referenceHidden(weights, text).reduce(add);
  return sum.map((value) => value / Math.hypot(...sum));
}

/** The last layer of each token of such a text, the plainest way: BERT as its paper has it (Devlin et al. 2018). */
export function referenceHidden(weights: TinyWeights, text: string): number[][] {
  const tensor = (name: string) => weights.get(name) ?? { shape: [], data: new Float32Array() };
  const rowOf = (name: string, row: number) => {
    const { shape, data } = tensor(name);
    return [...data.subarray(row * (shape[1] ?? 0), (row + 1) * (shape[1] ?? 0))];
  };
  const dense = (input: number[], name: string) => {
    return [...tensor(`${name}.bias`).data].map((bias, out) => bias + dot(rowOf(`${name}.weight`, out), input));
  };
  const norm = (input: number[], name: string) => {
    const centre = mean(input);
    const deviation = Math.sqrt(mean(input.map((value) => (value - centre) ** 2)) + TINY.layer_norm_eps);
    const { data: scale } = tensor(`${name}.weight`);
    const { data: shift } = tensor(`${name}.bias`);
    return input.map((value, i) => ((value - centre) / deviation) * (scale[i] ?? 0) + (shift[i] ?? 0));
  };

  const letters = text.split(' ').filter(Boolean);
  const ids = [2, ...letters.slice(0, TINY_LIMIT - 2).map((letter) => VOCABULARY.indexOf(letter)), 3];
  let hidden = ids.map((id, position) => {
    const parts = [
      rowOf('embeddings.word_embeddings.weight', id),
      rowOf('embeddings.position_embeddings.weight', position),
      rowOf('embeddings.token_type_embeddings.weight', 0),
    ];
    return norm(parts.reduce(add), 'embeddings.LayerNorm');
  });
  for (let layer = 0; layer < TINY.num_hidden_layers; layer++) {
    const prefix = `encoder.layer.${layer}`;
    const [query, key, value] = ['query', 'key', 'value'].map((part) =>
      hidden.map((row) => dense(row, `${prefix}.attention.self.${part}`)),
    ) as [number[][], number[][], number[][]];
    const size = TINY.hidden_size / TINY.num_attention_heads;
    hidden = hidden.map((row, at) => {
      const heads = Array.from({ length: TINY.num_attention_heads }, (_, head) => {
        const part = (vector: number[] = []) => vector.slice(head * size, (head + 1) * size);
        const scores = key.map((other) => Math.exp(dot(part(query[at]), part(other)) / Math.sqrt(size)));
        const total = scores.reduce((sum, score) => sum + score, 0);
        return value.map((other, i) => part(other).map((x) => (x * (scores[i] ?? 0)) / total)).reduce(add);
      });
      const output = dense(heads.flat(), `${prefix}.attention.output.dense`);
      const attended = norm(add(output, row), `${prefix}.attention.output.LayerNorm`);
      const wide = dense(attended, `${prefix}.intermediate.dense`).map(gelu);
      return norm(add(dense(wide, `${prefix}.output.dense`), attended), `${prefix}.output.LayerNorm`);
    });
  }
  return hidden;
}

const add = (a: number[], b: number[]): number[] => a.map((value, i) => value + (b[i] ?? 0));
const dot = (a: number[], b: number[]): number => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
const mean = (values: number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const gelu = (x: number): number => (x * (1 + erf(x / Math.SQRT2))) / 2;

/** Error function by its Taylor series, exact to 1e-12 for the small numbers here. */
function erf(x: number): number {
  let sum = x;
  let term = x;
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    sum += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}
