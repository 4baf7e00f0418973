/**
 * What fine-tuning an encoder on a collection brings: nDCG@10 of MiniLM and of what the recipe `embedding` makes of it, by vectors
 * alone, over the 225 queries of Cranfield: `npx jiti bench/embedding.ts [--data DIR] [--cache DIR] [--ranks N] [--minutes N]`.
 *
 * The queries are dealt into five folds, and each is scored by a model that has learnt from the judgements of the other four: a
 * linear layer on the vectors of the base (`head`), whose rows have one negative each that the base confuses with the answer. What is
 * finished is kept in the cache, and a run goes on where the last one ended; `--minutes` ends it before the next step after so long.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildEncoder } from '../activities/encoder/build-encoder';
import { openEncoder } from '../activities/encoder/encoder';
import { readSafetensors } from '../activities/encoder/safetensors';
import { mulberry32 } from '../activities/kit/random';
import { bootstrapMean, pairedBootstrap } from '../activities/evaluation/statistics/bootstrap';
import { interval } from '../activities/relevance/describe';
import { foldOf, FOLDS } from '../activities/relevance/golden';
import { type Gains, ndcgAt } from '../activities/evaluation/metrics/ranking';
import { trainingJob } from '../schemas/training';
import { RECIPE_PARAMETERS } from '../schemas/training-recipes';
import { defaultCacheDir } from '../workers/stack/cache';
import { ensureEncoderWeights } from '../workers/stack/encoder-weights';
import { ensureTrainersPython, trainersDir } from '../workers/stack/trainers';
import { jsonLines } from './json-lines';

const K = 10;
const PARAMETERS = {
  ...{ head: true, batchSize: 512, microBatchSize: 512, steps: 60, learningRate: 1e-3, warmupShare: 0.1, scale: 10 },
  // Halfway, as Wortsman et al. have it ("Robust fine-tuning of zero-shot models", CVPR 2022).
  ...{ evalShare: 0, maxLength: 256, blend: 0.5 },
};
/** Where a job keeps the vectors of its texts. */
const VECTORS = 'vectors.safetensors';
/** Negatives are drawn from the first so many that the base finds. */
const CONFUSED = 60;

interface Text {
  id: string;
  title: string;
  text: string;
}
interface Query {
  id: string;
  text: string;
  gains: Gains;
}

async function cranfield(dir: string): Promise<{ documents: Text[]; queries: Query[] }> {
  const documents = (await jsonLines<Text>(path.join(dir, 'documents.jsonl'))).filter(({ text }) => text !== '');
  const gains = new Map<string, Map<string, number>>();
  type Judgement = { query: string; document: string; code: number };
  for (const { query, document, code } of await jsonLines<Judgement>(path.join(dir, 'judgements.jsonl'))) {
    if (code > 0) gains.set(query, (gains.get(query) ?? new Map<string, number>()).set(document, 5 - code));
  }
  const queries = await jsonLines<Text>(path.join(dir, 'queries.jsonl'));
  return {
    documents,
    queries: queries.map(({ id, text }) => ({ id, text, gains: gains.get(id) ?? new Map<string, number>() })),
  };
}

type Row = { anchor: string; positive: string; negative: string };

/** Each judged document as often as it has gain, each time with another one that does not answer. */
function rowsOf(queries: readonly (Query & { ranked: string[] })[], texts: ReadonlyMap<string, string>): Row[] {
  const random = mulberry32(1);
  return queries.flatMap(({ text: anchor, gains, ranked }) => {
    const pool = ranked.slice(0, CONFUSED).filter((id) => !gains.has(id));
    return [...gains].flatMap(([id, gain]) =>
      Array.from({ length: gain }, () => pool[Math.floor(random() * pool.length)] ?? '').flatMap((wrong) => {
        const [positive, negative] = [texts.get(id), texts.get(wrong)];
        return positive === undefined || negative === undefined ? [] : [{ anchor, positive, negative }];
      }),
    );
  });
}

/** Trains a model in a folder of its own, unless it is there. Returns the folder of the result. */
async function tuned(
  python: string,
  dir: string,
  base: string,
  rows: Row[],
  former: string,
  ranks: number,
): Promise<string> {
  const result = path.join(dir, 'result');
  if (existsSync(result)) return result;
  await mkdir(dir, { recursive: true });
  // Most texts are those of the fold before, and need not be embedded again.
  if (existsSync(path.join(former, VECTORS))) await copyFile(path.join(former, VECTORS), path.join(dir, VECTORS));
  const data = path.join(dir, 'rows.jsonl');
  await writeFile(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const job = trainingJob.parse({
    ...{
      id: path.basename(dir),
      attempt: 1,
      recipe: 'embedding',
      models: { base },
      eval: null,
      columns: {},
      resumeFrom: null,
    },
    ...{ dir, lineage: {}, train: { format: 'jsonl', paths: [data], rows: rows.length } },
    parameters: RECIPE_PARAMETERS.embedding.parse(PARAMETERS),
  });
  await writeFile(path.join(dir, 'job.json'), JSON.stringify(job));
  await writeFile(path.join(dir, 'fence'), '1');
  const threads = String(Math.max(1, Math.floor(availableParallelism() / ranks)));
  const torchrun = ['-m', 'torch.distributed.run', '--standalone', '--max-restarts=0', `--nproc-per-node=${ranks}`];
  const child = spawn(python, [...torchrun, '-m', 'llm_pack_trainers.run', dir], {
    env: { ...process.env, PYTHONPATH: trainersDir(), OMP_NUM_THREADS: process.env['OMP_NUM_THREADS'] ?? threads },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`The trainer of ${dir} ended with ${code}.`);
  return result;
}

/** The vectors of texts by an encoder with weights in a folder. */
async function encoded(model: string, built: string, texts: readonly string[]): Promise<Float32Array[]> {
  await mkdir(built, { recursive: true });
  await buildEncoder(model, built);
  const encoder = await openEncoder({ dir: built, name: model, threads: 'cores', provider: 'cpu' });
  const { dimensions } = encoder.identity;
  const vectors = await encoder.encode(texts);
  await encoder.close();
  return texts.map((_, at) => vectors.slice(at * dimensions, (at + 1) * dimensions));
}

/** Those of the base, made once. */
async function baseVectors(model: string, kept: string, texts: readonly string[]): Promise<Float32Array[]> {
  if (!existsSync(kept)) {
    const vectors = await encoded(model, `${kept}.encoder`, texts);
    await writeFile(kept, Buffer.concat(vectors.map(({ buffer }) => Buffer.from(buffer))));
  }
  const all = new Float32Array(new Uint8Array(await readFile(kept)).buffer);
  const width = all.length / texts.length;
  return texts.map((_, at) => all.subarray(at * width, (at + 1) * width));
}

const dot = (a: Float32Array, b: Float32Array): number => a.reduce((sum, value, at) => sum + value * (b[at] ?? 0), 0);

/**
 * The vectors of a model that has the base's weights and a layer of its own, from those of the base. Its encoder is asked for some
 * of them, so that it is that which is measured.
 */
async function mapped(
  model: string,
  built: string,
  texts: readonly string[],
  base: readonly Float32Array[],
): Promise<Float32Array[]> {
  const weight = (await readSafetensors(path.join(model, '2_Dense/model.safetensors'))).get('linear.weight');
  if (!weight) throw new Error(`${model} has no layer of its own`);
  const [rows = 0, width = 0] = weight.shape;
  const vectors = base.map((vector) => {
    const out = Float32Array.from({ length: rows }, (_, row) =>
      dot(weight.data.subarray(row * width, (row + 1) * width), vector),
    );
    const length = Math.sqrt(dot(out, out));
    return out.map((value) => value / length);
  });
  const some = texts.flatMap((text, at) => (at % 100 === 0 ? [{ text, at }] : []));
  const real = await encoded(
    model,
    built,
    some.map(({ text }) => text),
  );
  some.forEach(({ at }, place) => {
    const cosine = dot(real[place] ?? new Float32Array(), vectors[at] ?? new Float32Array());
    if (cosine < 0.99999) throw new Error(`text ${at}: the encoder's vector is another, with a cosine of ${cosine}`);
  });
  return vectors;
}

/** Documents of each query, best first, by the cosine to every one. */
function rankings(documents: readonly Text[], vectors: readonly Float32Array[]): string[][] {
  const [own, asked] = [vectors.slice(0, documents.length), vectors.slice(documents.length)];
  return asked.map((query) =>
    documents
      .map(({ id }, at) => ({ id, cosine: dot(own[at] ?? query, query) }))
      .sort((a, b) => b.cosine - a.cosine)
      .map(({ id }) => id),
  );
}

const scores = (queries: readonly Query[], ranked: readonly string[][]): number[] =>
  queries.map(({ gains }, at) => ndcgAt(ranked[at] ?? [], gains, K));

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      data: { type: 'string', default: path.resolve(__dirname, '../../shared/data') },
      cache: { type: 'string', default: path.join(tmpdir(), 'llm-pack-bench-embedding') },
      ranks: { type: 'string', default: '1' },
      minutes: { type: 'string', default: '60' },
    },
  });
  const until = Date.now() + Number(values.minutes) * 60_000;
  const ranks = Number(values.ranks);
  const { documents, queries } = await cranfield(path.join(values.data, 'cranfield'));
  const log = ({ message }: { message: string }) => console.error(message);
  const cacheDir = defaultCacheDir();
  const python = await ensureTrainersPython({ cacheDir, log });
  const base = (await ensureEncoderWeights({ model: 'sentence-transformers/all-MiniLM-L6-v2', cacheDir, log })).dir;
  const dir = (name: string) => path.join(values.cache, name);
  await mkdir(values.cache, { recursive: true });
  const texts = [...documents, ...queries].map(({ text }) => text);
  const vectors = await baseVectors(base, dir('base.f32'), texts);
  const ranked = rankings(documents, vectors);
  const before = scores(queries, ranked);
  console.log(`MiniLM: ${interval(bootstrapMean(before))}`);

  const byId = new Map(documents.map(({ id, text }) => [id, text]));
  const after: number[] = [];
  for (let fold = 0; fold < FOLDS; fold += 1) {
    if (Date.now() > until) return;
    const learnt = queries
      .map((query, at) => ({ ...query, ranked: ranked[at] ?? [] }))
      .filter(({ text }) => foldOf(text) !== fold);
    const model = await tuned(python, dir(`fold-${fold}`), base, rowsOf(learnt, byId), dir(`fold-${fold - 1}`), ranks);
    const tunedVectors = await mapped(model, dir(`fold-${fold}.encoder`), texts, vectors);
    scores(queries, rankings(documents, tunedVectors)).forEach((score, at) => {
      if (foldOf(queries[at]?.text ?? '') === fold) after[at] = score;
    });
    const held = [...queries.keys()].filter((at) => foldOf(queries[at]?.text ?? '') === fold);
    const of = (all: readonly number[]) => held.map((at) => all[at] ?? 0);
    console.log(`fold ${fold}, ${held.length} queries: better by ${interval(pairedBootstrap(of(before), of(after)))}`);
  }
  console.log(`fine-tuned: ${interval(bootstrapMean(after))}, better by ${interval(pairedBootstrap(before, after))}`);
}

void main();
