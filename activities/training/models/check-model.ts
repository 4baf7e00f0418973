import * as z from 'zod';
import type { ModelFacts, ModelKind } from '../../../schemas/models';
import { failure } from '../../errors';
import { licenceOf } from './card';
import { isKept, type ModelFiles, WEIGHTS } from './model-files';
import { isLearnt, numbersIn, readWeightsHeader, type TensorEntry } from './weights-header';

/** A model whose files belong together. */
export interface CheckedModel {
  facts: ModelFacts;
  /** Names of the files to take over. */
  kept: string[];
  /** Files that stay behind: pickles, code, other formats. */
  leftOut: number;
  /** As its card states it; null where it does not. */
  licence: string | null;
  tensors: number;
}

const config = z.looseObject({
  architectures: z.array(z.string().min(1)).min(1),
  model_type: z.string().min(1),
  vocab_size: z.int().positive().optional(),
  hidden_size: z.int().positive().optional(),
  num_hidden_layers: z.int().nonnegative().optional(),
});
export type ModelConfig = z.infer<typeof config>;

const WEIGHTS_INDEX = 'model.safetensors.index.json';
const TOKENIZERS = ['tokenizer.json', 'vocab.txt', 'vocab.json', 'tokenizer.model', 'spiece.model'];
const PICKLE = /\.(bin|pt|pth|ckpt|pkl|pickle)$/;
/** Larger than any vocabulary, and small enough to be parsed. */
const TEXT_MAX = 256 * 2 ** 20;

/**
 * Checks that the files of a model belong together and hold no code: its configuration, each shard of its weights to the
 * last tensor, their shapes against the configuration, its tokenizer. Only headers of weights are read.
 * @throws `ModelRefused` with what is wrong.
 */
export async function checkModel(model: ModelFiles): Promise<CheckedModel> {
  const kept = model.files.filter(({ name }) => isKept(name)).map(({ name }) => name);
  const shape = await readConfig(model);
  const tensors = await readWeights(model, kept);
  checkShapes(shape, tensors);
  await checkTokenizer(model, shape);
  const card = await textOf(model, 'README.md');
  const parameters = [...tensors.values()].filter(isLearnt).reduce((sum, tensor) => sum + numbersIn(tensor), 0);
  const [architecture = ''] = shape.architectures;
  return {
    facts: { architecture, parameters, kind: kindOf(shape) },
    kept,
    leftOut: model.files.length - kept.length,
    licence: card === undefined ? null : licenceOf(card),
    tensors: tensors.size,
  };
}

const refuse = (what: string) => failure('ModelRefused', what);

async function textOf(model: ModelFiles, name: string): Promise<string | undefined> {
  const file = model.files.find((found) => found.name === name);
  if (!file) return undefined;
  if (file.bytes > TEXT_MAX) throw refuse(`${name} has ${file.bytes} bytes.`);
  return (await model.read(name, 0, file.bytes)).toString('utf8');
}

async function jsonOf(model: ModelFiles, name: string): Promise<unknown> {
  const text = await textOf(model, name);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw refuse(`${name} is no JSON.`);
  }
}

async function readConfig(model: ModelFiles): Promise<ModelConfig> {
  const found = await jsonOf(model, 'config.json');
  if (found === undefined) throw refuse('There is no config.json.');
  const parsed = config.safeParse(found);
  if (!parsed.success) throw refuse(`config.json does not say what the model is: ${z.prettifyError(parsed.error)}`);
  if ('auto_map' in parsed.data) throw refuse('config.json names code of its own (auto_map), which is never run here.');
  return parsed.data;
}

/** The tensors of all weights, by name. */
async function readWeights(model: ModelFiles, kept: readonly string[]): Promise<Map<string, TensorEntry>> {
  const shards = model.files.filter(({ name }) => WEIGHTS.test(name));
  if (shards.length === 0) {
    const pickles = model.files.filter(({ name }) => PICKLE.test(name)).map(({ name }) => name);
    throw refuse(
      pickles.length === 0
        ? 'There are no weights: no model.safetensors.'
        : `The weights are pickled (${pickles.slice(0, 3).join(', ')}), and unpickling runs whatever they say.`,
    );
  }
  const tensors = new Map<string, TensorEntry>();
  const places = new Map<string, string>();
  for (const { name, bytes } of shards) {
    for (const [tensor, entry] of await readWeightsHeader(name, bytes, (start, end) => model.read(name, start, end))) {
      if (places.has(tensor)) throw refuse(`${tensor} is in ${places.get(tensor)} and in ${name}.`);
      places.set(tensor, name);
      tensors.set(tensor, entry);
    }
  }
  await checkIndex(model, places, shards.length);
  // Modules of sentence-transformers may have weights of their own.
  for (const { name, bytes } of model.files) {
    if (!kept.includes(name) || !name.endsWith('.safetensors') || WEIGHTS.test(name)) continue;
    const module = await readWeightsHeader(name, bytes, (start, end) => model.read(name, start, end));
    for (const [tensor, entry] of module) tensors.set(`${name}/${tensor}`, entry);
  }
  return tensors;
}

/** Weights in several files have an index, which names the file of each tensor. */
async function checkIndex(model: ModelFiles, places: ReadonlyMap<string, string>, shards: number): Promise<void> {
  const index = await jsonOf(model, WEIGHTS_INDEX);
  if (index === undefined) {
    if (shards > 1) throw refuse(`There are ${shards} files of weights and no ${WEIGHTS_INDEX}.`);
    return;
  }
  const parsed = z.object({ weight_map: z.record(z.string(), z.string()) }).safeParse(index);
  if (!parsed.success) throw refuse(`${WEIGHTS_INDEX} has no weight_map.`);
  const wanted = Object.entries(parsed.data.weight_map);
  const missing = wanted.find(([tensor, file]) => places.get(tensor) !== file);
  if (missing) throw refuse(`${WEIGHTS_INDEX} names ${missing[0]} in ${missing[1]}, which does not hold it.`);
  if (wanted.length !== places.size) throw refuse(`${WEIGHTS_INDEX} names ${wanted.length} tensors of ${places.size}.`);
}

// The table of words, and the number of a layer, as the families of models call them.
const WORDS = /(^|\.)(word_embeddings|embed_tokens|wte|tok_embeddings|shared)\.weight$/;
const LAYER = /(?:^|\.)(?:layers?|h|block)\.(\d+)\./;

/** The weights must be those of the configuration: the table of words, and as many layers. */
function checkShapes(shape: ModelConfig, tensors: ReadonlyMap<string, TensorEntry>): void {
  const words = [...tensors].find(([name]) => WORDS.test(name));
  const { vocab_size: vocabulary, hidden_size: width, num_hidden_layers: layers } = shape;
  if (words && vocabulary !== undefined) {
    const [rows, columns] = words[1].shape;
    // Some models have words narrower than their layers.
    const narrow = 'embedding_size' in shape || 'word_embed_proj_dim' in shape;
    if (rows !== vocabulary || (width !== undefined && columns !== width && !narrow)) {
      throw refuse(`${words[0]} is of ${rows} × ${columns}, and config.json says ${vocabulary} × ${width ?? '?'}.`);
    }
  }
  const numbers = [...tensors.keys()].flatMap((name) => LAYER.exec(name)?.[1] ?? []);
  const found = new Set(numbers).size;
  // Layers that predict further tokens are kept behind the others.
  const further = Number(shape['num_nextn_predict_layers'] ?? 0);
  if (layers !== undefined && found > 0 && found !== layers && found !== layers + further) {
    throw refuse(`The weights have ${found} layers, and config.json says ${layers}.`);
  }
}

/** There must be a tokenizer, and no token beyond the table of words. */
async function checkTokenizer(model: ModelFiles, { vocab_size: vocabulary }: ModelConfig): Promise<void> {
  if (!model.files.some(({ name }) => TOKENIZERS.includes(name))) {
    throw refuse(`There is no tokenizer: none of ${TOKENIZERS.join(', ')}.`);
  }
  const file = await jsonOf(model, 'tokenizer.json');
  if (file === undefined) return;
  const parsed = z.object({ model: z.object({ vocab: z.unknown() }) }).safeParse(file);
  if (!parsed.success) throw refuse('tokenizer.json has no model with a vocabulary.');
  // BPE and WordPiece map words to numbers; unigrams are a list.
  const words = z.union([z.array(z.unknown()), z.record(z.string(), z.int())]).safeParse(parsed.data.model.vocab).data;
  if (words === undefined) throw refuse('The vocabulary of tokenizer.json is neither a list nor numbers by word.');
  const numbers = Array.isArray(words) ? [words.length - 1] : Object.values(words);
  const largest = numbers.reduce((most, number) => Math.max(most, number), -1);
  if (vocabulary !== undefined && largest >= vocabulary) {
    throw refuse(`tokenizer.json has a token ${largest}, and the model knows ${vocabulary}.`);
  }
}

/** What a model is for, by its class. One score is a reward where it is read off a decoder, a rank where off an encoder. */
export function kindOf(shape: ModelConfig): ModelKind {
  const [architecture = ''] = shape.architectures;
  const hasExperts = ['num_local_experts', 'num_experts', 'n_routed_experts'].some((field) => Number(shape[field]) > 1);
  if (/ForCausalLM$|LMHeadModel$/.test(architecture)) return hasExperts ? 'moe' : 'causal-lm';
  const isEncoder = /bert|electra|mpnet|deberta|roberta|xlnet|albert/i.test(shape.model_type);
  if (/ForSequenceClassification$/.test(architecture)) {
    const labels = Object.keys((shape['id2label'] as object | undefined) ?? {}).length;
    return labels === 1 && !isEncoder ? 'reward' : 'classifier';
  }
  return isEncoder && /(Model|ForMaskedLM)$/.test(architecture) ? 'encoder' : 'other';
}
