import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Precision } from '../../schemas/config';
import { failure } from '../errors';
import { ATTENTION_MASK, INPUT_IDS, LOGITS, SENTENCE_EMBEDDING } from './bert-onnx';
import { equalRuns } from './batches';
import { ENCODER_FILES } from './build-encoder';
import { fingerprintOf } from './fingerprint';
import { hasGpu } from './gpu';
import { TextTokenizer } from './text-tokenizer';

/** Which model a task is for, and how to run it. Sent with every task: a thread that died is replaced by an empty one. */
export interface ModelSettings {
  dir: string;
  /** Threads of one call. */
  threads: number;
  provider: 'auto' | 'cpu' | 'cuda';
  /** In 8 bits only texts of the same length go through the model together; see `buildBertEncoder`. */
  precision: Precision;
  /** What the model gives of a text: its unit vector, or a number for each class. */
  gives: 'vectors' | 'logits';
}

const OUTPUTS = { vectors: SENTENCE_EMBEDDING, logits: LOGITS } as const;

export type Device = 'cpu' | 'cuda';

/** What `open` finds out about a model. */
export interface ModelFacts {
  /** sha256 over model.onnx and tokenizer.json, one after the other. */
  fingerprint: string;
  dimensions: number;
  /** Longest input in tokens, the special ones included. */
  limit: number;
  device: Device;
}

/** Token ids of several texts, one after the other. */
export interface TokenRows {
  ids: Int32Array;
  lengths: Int32Array;
}

interface Model {
  session: InferenceSession;
  tokenizer: TextTokenizer;
  device: Device;
}

// A thread serves one encoder for as long as it lives.
let model: Promise<Model> | undefined;
const loaded = (settings: ModelSettings): Promise<Model> => (model ??= load(settings));

/** Loads the model, and runs it once so that the first batch is as fast as the others. */
export async function open({ settings }: { settings: ModelSettings }): Promise<ModelFacts> {
  const { tokenizer, device } = await loaded(settings);
  const { ids, lengths } = await tokenise({ settings, texts: ['warm up'] });
  const vectors = await embed({ settings, ids, lengths, sequence: ids.length });
  return { fingerprint: await fingerprintOf(settings.dir), dimensions: vectors.length, limit: tokenizer.limit, device };
}

/** Token ids of the texts, framed and cut to the model's limit. */
export async function tokenise(task: { settings: ModelSettings; texts: readonly string[] }): Promise<TokenRows> {
  const { tokenizer } = await loaded(task.settings);
  const rows = task.texts.map((text) => tokenizer.encode(text));
  return { ids: Int32Array.from(rows.flat()), lengths: Int32Array.from(rows, ({ length }) => length) };
}

/** Tokens of each whole text, without the special ones. */
export async function count(task: { settings: ModelSettings; texts: readonly string[] }): Promise<Int32Array> {
  const { tokenizer } = await loaded(task.settings);
  return Int32Array.from(task.texts, (text) => tokenizer.count(text));
}

/** Vectors of one batch, row after row; rows that go through together are padded to `sequence` tokens. */
export async function embed(task: { settings: ModelSettings; sequence: number } & TokenRows): Promise<Float32Array> {
  const { session } = await loaded(task.settings);
  const output = OUTPUTS[task.settings.gives];
  if (task.settings.precision !== 'int8') return runBatch(session, output, task);
  const vectors: Float32Array[] = [];
  let at = 0;
  for (const [start, end] of equalRuns(task.lengths)) {
    const lengths = task.lengths.subarray(start, end);
    const sequence = lengths[0] ?? 0;
    const ids = task.ids.subarray(at, (at += lengths.length * sequence));
    vectors.push(await runBatch(session, output, { ids, lengths, sequence }));
  }
  return joined(vectors);
}

function joined(vectors: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(vectors.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const vector of vectors) {
    all.set(vector, at);
    at += vector.length;
  }
  return all;
}

async function runBatch(
  session: InferenceSession,
  name: string,
  task: { sequence: number } & TokenRows,
): Promise<Float32Array> {
  const shape = [task.lengths.length, task.sequence];
  const ids = new BigInt64Array(task.lengths.length * task.sequence);
  const mask = new BigInt64Array(ids.length);
  let at = 0;
  task.lengths.forEach((length, row) => {
    const start = row * task.sequence;
    for (let token = 0; token < length; token++) ids[start + token] = BigInt(task.ids[at++] ?? 0);
    mask.fill(1n, start, start + length);
  });
  const output = await session.run({
    [INPUT_IDS]: new Tensor('int64', ids, shape),
    [ATTENTION_MASK]: new Tensor('int64', mask, shape),
  });
  return output[name]?.data as Float32Array;
}

/** Frees the model; nothing may be asked of the thread after it. */
export async function release(): Promise<void> {
  await (await model)?.session.release();
}

async function load(settings: ModelSettings): Promise<Model> {
  const path = join(settings.dir, ENCODER_FILES.model);
  for (const name of Object.values(ENCODER_FILES)) {
    if (!existsSync(join(settings.dir, name))) throw failure('ModelNotFound', `${settings.dir} has no ${name}.`);
  }
  const { session, device } = await openSession(path, settings);
  const wanted = OUTPUTS[settings.gives];
  if (session.inputNames.length !== 2 || !session.outputNames.includes(wanted)) {
    throw failure(
      'ModelNotFound',
      `${path} takes ${session.inputNames.join(', ')} and gives ${session.outputNames.join(', ')}; an encoder takes ` +
        `${INPUT_IDS}, ${ATTENTION_MASK} and gives ${wanted}. Name a folder with model.safetensors instead.`,
    );
  }
  return { session, device, tokenizer: new TextTokenizer(join(settings.dir, ENCODER_FILES.tokenizer)) };
}

async function openSession(path: string, { threads, provider }: ModelSettings) {
  const on = (device: Device) =>
    InferenceSession.create(path, {
      executionProviders: [device],
      intraOpNumThreads: threads,
      // No gain was measured from threads that spin while they wait, and they take cores from the servers beside them.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      logSeverityLevel: 3, // errors: warnings are about the shape of the graph and repeat in every process
    });
  if (provider === 'cuda' || (provider === 'auto' && hasGpu())) {
    try {
      return { session: await on('cuda'), device: 'cuda' as const };
    } catch (error) {
      // Another host of the pool may have one, so this is worth a retry.
      if (provider === 'cuda') throw failure('Unavailable', 'The encoder found no CUDA device it can use.', error);
    }
  }
  return { session: await on('cpu'), device: 'cpu' as const };
}
