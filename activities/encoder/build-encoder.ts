import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Precision } from '../../schemas/config';
import * as z from 'zod';
import { failure } from '../errors';
import { parsedJson } from '../kit/ask';
import { type BertConfig, buildBertClassifier, buildBertEncoder, buildBertRanker } from './bert-onnx';
import { calibrate } from './calibrate';
import { readSafetensors, type Tensor } from './safetensors';

/** The weights in a sentence-transformers folder. */
export const WEIGHTS_FILE = 'model.safetensors';

/** Raise it when the same weights would give another graph: what was built before is then built again. */
export const ENCODER_BUILD = 2;

/** Files of an encoder's folder, as `openEncoder` reads them. */
export const ENCODER_FILES = { model: 'model.onnx', tokenizer: 'tokenizer.json' } as const;

/**
 * Builds `model.onnx` and `tokenizer.json` in the folder `to` from a sentence-transformers folder. The tokenizer file
 * gets the limit that sentence-transformers uses for the model, so that the two files say all there is to know.
 * @param dimensions numbers of a vector that are kept, the first ones; all when left out.
 * @throws if the folder lacks a file or the model is of a kind that can not be built.
 */
export async function buildEncoder(
  from: string,
  to: string,
  precision: Precision = 'fp32',
  dimensions?: number,
): Promise<void> {
  const { json, optional } = filesOf(from);
  const pooling = await optional('1_Pooling/config.json', poolingShape);
  if (pooling?.pooling_mode_mean_tokens === false) throw new Error(`${from}: only mean pooling can be built`);
  const { max_seq_length } = (await optional('sentence_bert_config.json', limitShape)) ?? {};
  const config = await json('config.json', configShape);
  const tokenizerFile = await writeTokenizer(from, to, max_seq_length ?? config.max_position_embeddings);
  const weights = await readSafetensors(join(from, WEIGHTS_FILE));
  const ranges = precision === 'int8' ? await calibrate(weights, config, tokenizerFile) : undefined;
  const options = { ranges, half: precision === 'fp16', head: await headOf(from), dimensions };
  await writeFile(join(to, ENCODER_FILES.model), buildBertEncoder(weights, config, options));
}

/**
 * The same of a BERT that tells the class of a text (`BertForSequenceClassification`), for `openEncoder` with `gives: 'logits'`.
 * @throws as `buildEncoder`.
 */
export async function buildClassifier(from: string, to: string, precision: Precision = 'fp32'): Promise<void> {
  const config = await filesOf(from).json('config.json', configShape);
  const tokenizerFile = await writeTokenizer(from, to, config.max_position_embeddings);
  const weights = await readSafetensors(join(from, WEIGHTS_FILE));
  const ranges = precision === 'int8' ? await calibrate(weights, config, tokenizerFile) : undefined;
  const model = buildBertClassifier(weights, config, { ranges, half: precision === 'fp16' });
  await writeFile(join(to, ENCODER_FILES.model), model);
}

/** The linear layer that sentence-transformers' modules have behind the pooling; undefined where they have none. */
async function headOf(from: string): Promise<Tensor | undefined> {
  const { json, optional } = filesOf(from);
  const modules = (await optional('modules.json', modulesShape)) ?? [];
  const dense = modules.flatMap(({ type, path }) => (type.endsWith('.Dense') ? [path] : []));
  const [folder] = dense;
  if (folder === undefined) return undefined;
  const { activation_function: activation } = await json(`${folder}/config.json`, denseShape);
  const tensors = await readSafetensors(join(from, folder, WEIGHTS_FILE));
  const weight = tensors.get('linear.weight');
  if (dense.length > 1 || !activation.endsWith('.Identity') || tensors.size !== 1 || !weight) {
    throw new Error(`${from}: of layers on the vector, only one without bias and activation can be built`);
  }
  return weight;
}

/**
 * The same of a BERT that scores two texts together (`BertForSequenceClassification` with one label), for `openReranker`.
 * @throws as `buildEncoder`.
 */
export async function buildRanker(from: string, to: string): Promise<void> {
  const config = await filesOf(from).json('config.json', configShape);
  await writeTokenizer(from, to, config.max_position_embeddings);
  const weights = await readSafetensors(join(from, WEIGHTS_FILE));
  await writeFile(join(to, ENCODER_FILES.model), buildBertRanker(weights, config));
}

const count = z.int().positive().max(10_000_000);
const configShape: z.ZodType<BertConfig & { max_position_embeddings: number }> = z.object({
  ...{ model_type: z.string(), hidden_act: z.string(), layer_norm_eps: z.number() },
  ...{ hidden_size: count, num_attention_heads: count, num_hidden_layers: count.max(1_000) },
  ...{ max_position_embeddings: count, position_embedding_type: z.string().optional() },
});
const poolingShape = z.object({ pooling_mode_mean_tokens: z.boolean().nullish() });
const limitShape = z.object({ max_seq_length: count.nullish() });
const denseShape = z.object({ activation_function: z.string() });
/** Folders of modules lie in the model's own; the transformer itself is in "". */
const modulesShape = z.array(z.object({ type: z.string(), path: z.string().regex(/^(\d+_[A-Za-z]+)?$/) }));

function filesOf(dir: string) {
  const json = async <T>(name: string, shape: z.ZodType<T>): Promise<T> => {
    const text = await readFile(join(dir, name), 'utf8');
    const read = shape.safeParse(parsedJson({ text }));
    if (read.success) return read.data;
    throw failure('ModelRefused', `${name} of the model is not what it should be: ${z.prettifyError(read.error)}`);
  };
  const optional = async <T>(name: string, shape: z.ZodType<T>): Promise<T | undefined> =>
    existsSync(join(dir, name)) ? json(name, shape) : undefined;
  return { json, optional };
}

async function writeTokenizer(from: string, to: string, limit: number): Promise<string> {
  const tokenizer = await filesOf(from).json('tokenizer.json', z.looseObject({}));
  const truncation = { direction: 'Right', max_length: limit, strategy: 'LongestFirst', stride: 0 };
  // The source may pad every text to 128 tokens; batches are padded to their own longest text instead.
  const file = join(to, ENCODER_FILES.tokenizer);
  await writeFile(file, JSON.stringify({ ...tokenizer, truncation, padding: null }));
  return file;
}
