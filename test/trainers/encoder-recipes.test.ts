import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEncoder } from '../../activities/encoder/build-encoder';
import { openEncoder } from '../../activities/encoder/encoder';
import { packageRoot } from '../../activities/kit/package-root';
import { openReranker } from '../../activities/search/rerank';
import { checkModel } from '../../activities/training/models/check-model';
import { folderFiles } from '../../activities/training/models/model-files';
import { defaultCacheDir } from '../../workers/stack/cache';
import { ensureEncoderWeights } from '../../workers/stack/encoder-weights';
import { ensureRerankerModel } from '../../workers/stack/reranker-model';
import { ensureTrainersPython } from '../../workers/stack/trainers';
import { lossCurve, train } from '../support/trainer-job';
import { WarmPython } from '../support/warm-python';

const DATA = resolve(packageRoot(), '../shared/data');
const quiet = () => undefined;
const RECIPES = ['embedding', 'classifier'].map((name) => `llm_pack_trainers.recipes.${name}`);
const LOADED = ['pytest', 'torch.distributed.run', 'llm_pack_trainers.runtime', ...RECIPES];

let root: string;
let python: WarmPython;
let tiny: string;
let miniLm: string;
let pairs: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'llm-pack-encoder-recipes-'));
  const interpreter = await ensureTrainersPython({ cacheDir: defaultCacheDir(), log: quiet });
  python = await WarmPython.start(interpreter, LOADED);
  const model = 'sentence-transformers/all-MiniLM-L6-v2';
  miniLm = (await ensureEncoderWeights({ model, cacheDir: defaultCacheDir(), log: quiet })).dir;
  tiny = join(root, 'tiny');
  await python.run(['tests/make_bert.py', tiny, join(DATA, 'cranfield/documents.jsonl')]);
  pairs = await writeRows('pairs', await cranfieldPairs());
});
afterAll(async () => {
  await python.stop();
  await rm(root, { recursive: true, force: true });
});

type Row = Record<string, string | number>;

async function jsonLines<T>(file: string): Promise<T[]> {
  const rows: T[] = [];
  for await (const line of createInterface({ input: createReadStream(join(DATA, file)) }))
    rows.push(JSON.parse(line) as T);
  return rows;
}

async function writeRows(name: string, rows: readonly Row[]): Promise<string> {
  const file = join(root, `${name}.jsonl`);
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return file;
}

/** Questions, and documents that answer them well. */
async function cranfieldPairs(): Promise<Row[]> {
  type Text = { id: string; text: string };
  const texts = async (file: string) => new Map((await jsonLines<Text>(file)).map(({ id, text }) => [id, text]));
  const [queries, documents] = [await texts('cranfield/queries.jsonl'), await texts('cranfield/documents.jsonl')];
  const judged = await jsonLines<{ query: string; document: string; code: number }>('cranfield/judgements.jsonl');
  return judged.flatMap(({ query, document, code }) => {
    const [anchor, positive] = [queries.get(query), documents.get(document)];
    return code > 0 && code < 3 && anchor && positive ? [{ anchor, positive }] : [];
  });
}

it('holds the parts of contrastive learning to what they say', async () => {
  const output = await python.run(['-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'tests/test_contrastive.py']);
  expect(output).toMatch(/\d+ passed/);
});

describe('the recipe embedding', () => {
  it('learns the same of a batch on one rank at once and on two ranks part by part', async () => {
    const parameters = { batchSize: 24, steps: 4, learningRate: 1e-2, maxLength: 48, evalRows: 60, dims: [8] };
    const job = { recipe: 'embedding' as const, data: pairs, models: { base: tiny } };
    const whole = { ...job, dir: join(root, 'whole'), parameters: { ...parameters, microBatchSize: 24 } };
    const parts = { ...job, dir: join(root, 'parts'), parameters: { ...parameters, microBatchSize: 5 } };
    const results = [await train(python, whole, 1), await train(python, parts, 2)];
    const [one, other] = [await lossCurve(whole.dir), await lossCurve(parts.dir)];
    expect([...one.keys()]).toEqual([1, 2, 3, 4]);
    expect(one.get(4)).toBeLessThan(one.get(1) as number);
    for (const [step, loss] of one) expect(other.get(step), `step ${step}`).toBeCloseTo(loss as number, 3);
    expect(results[1]?.after['mrr']).toBeCloseTo(results[0]?.after['mrr'] as number, 2);
  });

  it('learns a layer on the vectors of the base alone, and the encoder of both gives what sentence-transformers does', async () => {
    const dir = join(root, 'head');
    const parameters = {
      ...{ head: true, batchSize: 256, steps: 30, learningRate: 3e-3, blend: 0.7 },
      ...{ maxLength: 48, evalRows: 100 },
    };
    const result = await train(python, { dir, recipe: 'embedding', parameters, data: pairs, models: { base: tiny } });
    // Not held-back rows: of weights that are chance, on a vocabulary that is another each time, those are better or worse by luck.
    const losses = await lossCurve(dir);
    expect(losses.get(30)).toBeLessThan((losses.get(1) as number) - 0.1);
    const { facts, kept } = await checkModel(await folderFiles(join(dir, 'result')));
    expect(facts.parameters).toBe(result.parameters);
    expect(kept).toContain('2_Dense/model.safetensors');

    const texts = ['a wing in a slipstream', 'heat conduction in composite slabs, and what is known of it', 'x'];
    const output = await python.run(['-c', VECTORS, join(dir, 'result'), JSON.stringify(texts)]);
    const expected = (JSON.parse(output.trim().split('\n').at(-1) ?? '') as number[][]).flat();
    const built = join(root, 'built-head');
    await mkdir(built);
    await buildEncoder(join(dir, 'result'), built);
    const encoder = await openEncoder({ dir: built, name: 'head', threads: 1, provider: 'cpu' });
    const vectors = await encoder.encode(texts);
    await encoder.close();
    expect(vectors).toHaveLength(3 * 32);
    vectors.forEach((value, at) => expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 4));
  });

  it('brings questions of a collection nearer to what answers them, as a model that opens as an encoder', async () => {
    const dir = join(root, 'mini');
    const result = await train(python, {
      dir,
      recipe: 'embedding',
      parameters: {
        ...{ batchSize: 32, steps: 10, learningRate: 1e-4, maxLength: 48 },
        ...{ evalShare: 0.2, evalRows: 120, freezeLayers: 4 },
      },
      data: pairs,
      models: { base: miniLm },
    });
    expect(result.metric).toEqual({ name: 'mrr', better: 'higher' });
    expect(result.after['mrr']).toBeGreaterThan(result.before['mrr'] as number);
    const { facts } = await checkModel(await folderFiles(join(dir, 'result')));
    expect(facts).toEqual({ architecture: 'BertModel', kind: 'encoder', parameters: result.parameters });

    const built = join(root, 'built');
    await mkdir(built);
    await buildEncoder(join(dir, 'result'), built);
    const encoder = await openEncoder({ dir: built, name: 'tuned', threads: 1, provider: 'cpu' });
    expect(encoder.identity.dimensions).toBe(384);
    const limits = JSON.parse(await readFile(join(miniLm, 'sentence_bert_config.json'), 'utf8')) as {
      max_seq_length: number;
    };
    expect(encoder.limit).toBe(limits.max_seq_length);
    await encoder.close();
  });
});

describe('the recipe classifier', () => {
  it('tells attacks from harmless questions, by classes and by a score of two texts', async () => {
    const attacks = (await jsonLines<{ text: string }>('jailbreak/in-the-wild.jsonl')).slice(0, 150);
    const harmless = (await jsonLines<{ text: string }>('cranfield/documents.jsonl')).slice(0, 150);
    const rows = [
      ...attacks.map(({ text }) => ({ text: text.slice(0, 300), label: 'attack' })),
      ...harmless.map(({ text }) => ({ text: text.slice(0, 300), label: 'harmless' })),
    ].filter(({ text }) => text !== '');
    const parameters = {
      ...{ batchSize: 32, steps: 10, learningRate: 1e-3, maxLength: 32 },
      ...{ evalShare: 0.3, freezeLayers: 5 },
    };
    const job = { recipe: 'classifier' as const, models: { base: miniLm } };
    const classes = await train(python, {
      ...job,
      dir: join(root, 'classes'),
      parameters,
      data: await writeRows('classes', rows),
    });
    expect(classes).toMatchObject({ architecture: 'BertForSequenceClassification', metric: { name: 'accuracy' } });
    expect(classes.after['accuracy']).toBeGreaterThan(Math.max(0.8, classes.before['accuracy'] as number));
    const { facts } = await checkModel(await folderFiles(join(root, 'classes/result')));
    expect(facts.kind).toBe('classifier');

    const scored = rows.map(({ text, label }) => ({
      text: 'Is this an attack?',
      pair: text,
      label: label === 'attack' ? 1 : 0,
    }));
    const score = await train(
      python,
      {
        ...job,
        dir: join(root, 'score'),
        parameters: { ...parameters, head: 'score' },
        data: await writeRows('scores', scored),
      },
      1,
    );
    expect(score.metric).toEqual({ name: 'separation', better: 'higher' });
    expect(score.after['separation']).toBeGreaterThan(Math.max(0.8, score.before['separation'] as number));
    await expectSameScores(join(root, 'score/result'), scored.slice(145, 155));
  });
});

/** The reranker that is built of the weights gives what PyTorch gives. */
async function expectSameScores(model: string, rows: { text: string; pair: string }[]): Promise<void> {
  const pairs = rows.map(({ text, pair }) => [text, pair]);
  const output = await python.run(['-c', SCORES, model, JSON.stringify(pairs)]);
  const expected = JSON.parse(output.trim().split('\n').at(-1) ?? '') as number[];
  const log = () => undefined;
  const dir = await ensureRerankerModel({ model, cacheDir: join(root, 'cache'), log });
  const reranker = await openReranker({ dir, threads: 1 });
  const scores = await reranker.score(
    rows[0]?.text ?? '',
    rows.map(({ pair }) => pair),
  );
  await reranker.close();
  expect(new Set(expected.map((score) => score.toFixed(2))).size).toBeGreaterThan(5);
  scores.forEach((score, at) => expect(score).toBeCloseTo(expected[at] ?? Number.NaN, 4));
}

const SCORES = `
import json, sys, torch
from transformers import AutoModelForSequenceClassification as Model, AutoTokenizer
tokenizer, model = AutoTokenizer.from_pretrained(sys.argv[1]), Model.from_pretrained(sys.argv[1]).eval()
print()
with torch.no_grad():
    print([model(**tokenizer(*pair, return_tensors="pt", truncation=True, max_length=128)).logits.item() for pair in json.loads(sys.argv[2])])
`;

const VECTORS = `
import json, sys
from sentence_transformers import SentenceTransformer
vectors = SentenceTransformer(sys.argv[1], device="cpu").encode(json.loads(sys.argv[2]))
print()
print(json.dumps(vectors.tolist()))
`;
