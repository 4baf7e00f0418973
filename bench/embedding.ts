/**
 * What fine-tuning an encoder on a collection brings: nDCG@10 of MiniLM and of what the recipe `embedding` makes of it, by vectors
 * alone, over the 225 queries of Cranfield: `npx jiti bench/embedding.ts [--data DIR] [--cache DIR] [--ranks N] [--minutes N]`.
 *
 * First it learns from the documents alone, titles as questions and what follows them as answers. Then, once for each fold of the
 * queries, from the judgements of the other folds: each query is scored by a model that has not seen it. What is finished is kept
 * in the cache, and a run goes on where the last one ended; `--minutes` ends it before the next step after so long.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { buildEncoder } from '../activities/encoder/build-encoder';
import { openEncoder } from '../activities/encoder/encoder';
import { bootstrapMean, pairedBootstrap } from '../activities/relevance/bootstrap';
import { interval } from '../activities/relevance/describe';
import { type Gains, ndcgAt } from '../activities/relevance/metrics';
import { trainingJob } from '../schemas/training';
import { RECIPE_PARAMETERS } from '../schemas/training-recipes';
import { defaultCacheDir } from '../workers/stack/cache';
import { ensureEncoderWeights } from '../workers/stack/encoder-weights';
import { ensureTrainersPython, trainersDir } from '../workers/stack/trainers';
import { jsonLines } from './json-lines';

const K = 10;
/** Few, for each trains a model; each query is held out once all the same. */
const FOLDS = 3;
const COMMON = {
  ...{ batchSize: 32, microBatchSize: 32, learningRate: 5e-5, warmupShare: 0.1, weightDecay: 0.01, evalShare: 0 },
  ...{ freezeLayers: 3, checkpointEverySteps: 5 },
};
const DOMAIN = { ...COMMON, steps: 40, maxLength: 80 };
// One epoch over the judgements of the other folds: with more it learns them by heart.
const QUERIES = { ...COMMON, steps: 28, maxLength: 112 };

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

/** The fold of a query, by its text alone. */
const foldOf = (query: string): number => createHash('sha256').update(query).digest().readUInt32BE(0) % FOLDS;

/** Three times as fast where the processor multiplies 16-bit floats; elsewhere slower. */
const precision = async (): Promise<'bf16' | 'fp32'> => {
  const cpu = await readFile('/proc/cpuinfo', 'utf8').catch(() => '');
  return cpu.includes('avx512_bf16') ? 'bf16' : 'fp32';
};

type Row = { anchor: string; positive: string };

/** Titles, and what follows them. */
const domainRows = (documents: readonly Text[]): Row[] =>
  documents.flatMap(({ title, text }) => {
    const rest = text.startsWith(title) ? text.slice(title.length).trim() : text;
    return title === '' || rest.length < 80 ? [] : [{ anchor: title, positive: rest }];
  });

const queryRows = (queries: readonly Query[], documents: ReadonlyMap<string, string>): Row[] =>
  queries.flatMap(({ text, gains }) =>
    [...gains.keys()].flatMap((id) => {
      const positive = documents.get(id);
      return positive === undefined ? [] : [{ anchor: text, positive }];
    }),
  );

/** Trains a model in a folder of its own, unless it is there. Returns the folder of the result. */
async function tuned(
  python: string,
  dir: string,
  base: string,
  rows: Row[],
  parameters: object,
  ranks: number,
): Promise<string> {
  const result = path.join(dir, 'result');
  if (existsSync(result)) return result;
  await mkdir(dir, { recursive: true });
  const data = path.join(dir, 'rows.jsonl');
  await writeFile(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const { attempt, resumeFrom } = await lastOf(dir);
  const job = trainingJob.parse({
    ...{ id: path.basename(dir), attempt, recipe: 'embedding', models: { base }, eval: null, columns: {}, resumeFrom },
    ...{ dir, lineage: {}, train: { format: 'jsonl', paths: [data], rows: rows.length } },
    parameters: RECIPE_PARAMETERS.embedding.parse({ ...parameters, precision: await precision() }),
  });
  await writeFile(path.join(dir, 'job.json'), JSON.stringify(job));
  await writeFile(path.join(dir, 'fence'), String(attempt));
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

/** The attempt after the one that was cut off, and the step of its last checkpoint. */
async function lastOf(dir: string): Promise<{ attempt: number; resumeFrom: number | null }> {
  const steps = (await readdir(path.join(dir, 'checkpoints')).catch(() => []))
    .filter((name) => existsSync(path.join(dir, 'checkpoints', name, 'manifest.json')))
    .map((name) => Number(name.replace('step-', '')));
  const job = path.join(dir, 'job.json');
  const before = existsSync(job) ? trainingJob.parse(JSON.parse(await readFile(job, 'utf8'))).attempt : 0;
  return { attempt: before + 1, resumeFrom: steps.length === 0 ? null : Math.max(...steps) };
}

/** nDCG@10 of each query, by the cosine to every document; kept beside the model. */
async function scored(
  model: string,
  kept: string,
  documents: readonly Text[],
  queries: readonly Query[],
): Promise<number[]> {
  if (existsSync(kept)) return JSON.parse(await readFile(kept, 'utf8')) as number[];
  const dir = `${kept}.encoder`;
  await mkdir(dir, { recursive: true });
  await buildEncoder(model, dir);
  const encoder = await openEncoder({ dir, name: model, threads: 'cores', provider: 'cpu' });
  const { dimensions } = encoder.identity;
  const vectors = await encoder.encode([...documents, ...queries].map(({ text }) => text));
  await encoder.close();
  const vector = (at: number) => vectors.subarray(at * dimensions, (at + 1) * dimensions);
  const scores = queries.map(({ gains }, at) => {
    const query = vector(documents.length + at);
    const ranked = documents
      .map(({ id }, document) => ({
        id,
        cosine: vector(document).reduce((sum, value, i) => sum + value * (query[i] ?? 0), 0),
      }))
      .sort((a, b) => b.cosine - a.cosine);
    return ndcgAt(
      ranked.slice(0, K).map(({ id }) => id),
      gains,
      K,
    );
  });
  await writeFile(kept, JSON.stringify(scores));
  return scores;
}

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
  const before = await scored(base, dir('base.json'), documents, queries);
  console.log(`MiniLM: ${interval(bootstrapMean(before))}`);

  const domain = await tuned(python, dir('domain'), base, domainRows(documents), DOMAIN, ranks);
  if (Date.now() > until) return;
  const adapted = await scored(domain, dir('domain.json'), documents, queries);
  console.log(
    `learnt from titles alone: ${interval(bootstrapMean(adapted))}, better by ${interval(pairedBootstrap(before, adapted))}`,
  );

  const texts = new Map(documents.map(({ id, text }) => [id, text]));
  const after: number[] = [];
  for (let fold = 0; fold < FOLDS; fold += 1) {
    if (Date.now() > until) return;
    const learnt = queries.filter(({ text }) => foldOf(text) !== fold);
    const model = await tuned(python, dir(`fold-${fold}`), domain, queryRows(learnt, texts), QUERIES, ranks);
    if (Date.now() > until) return;
    const scores = await scored(model, dir(`fold-${fold}.json`), documents, queries);
    queries.forEach(({ text }, at) => {
      if (foldOf(text) === fold) after[at] = scores[at] ?? 0;
    });
    const held = [...after.keys()].filter((at) => foldOf(queries[at]?.text ?? '') === fold);
    const of = (all: readonly number[]) => held.map((at) => all[at] ?? 0);
    console.log(`fold ${fold}, ${held.length} queries: better by ${interval(pairedBootstrap(of(before), of(after)))}`);
  }
  console.log(
    `and from the judgements of other folds: ${interval(bootstrapMean(after))}, better by ${interval(pairedBootstrap(before, after))}`,
  );
}

void main();
