import { createHash } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildEncoder } from '../../activities/encoder/build-encoder';
import { openEncoder } from '../../activities/encoder/encoder';
import { packageRoot } from '../../activities/kit/package-root';
import { defaultCacheDir } from '../../workers/stack/cache';
import { ensureTrainersPython } from '../../workers/stack/trainers';
import { lossCurve, train } from '../support/trainer-job';
import { WarmPython } from '../support/warm-python';

const DOCUMENTS = resolve(packageRoot(), '../shared/data/cranfield/documents.jsonl');

const RECIPES = ['distil_embedding', 'distil_classifier'].map((name) => `llm_pack_trainers.recipes.${name}`);
const LOADED = ['pytest', 'torch.distributed.run', 'llm_pack_trainers.runtime', ...RECIPES];

let root: string;
let python: WarmPython;
let tiny: string;
let texts: string;
let titles: string[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'llm-pack-distil-recipes-'));
  const interpreter = await ensureTrainersPython({ cacheDir: defaultCacheDir(), log: () => undefined });
  python = await WarmPython.start(interpreter, LOADED);
  tiny = join(root, 'tiny');
  await python.run(['tests/make_bert.py', tiny, DOCUMENTS]);
  texts = join(root, 'texts.jsonl');
  const lines = (await readFile(DOCUMENTS, 'utf8')).split('\n').slice(0, 200);
  const rows = lines.map((line) => JSON.parse(line) as { title: string }).filter(({ title }) => title !== '');
  titles = rows.map(({ title }) => title);
  const taught = rows.map(({ title }) => ({ text: title, vector: vectorOf(title) }));
  await writeFile(texts, taught.map((row) => `${JSON.stringify(row)}\n`).join(''));
});
afterAll(async () => {
  await python.stop();
  await rm(root, { recursive: true, force: true });
});

/** A teacher whose vectors are those of the words, added up: each word has a number from -1 to 1 for each of 32 places. */
const vectorOf = (text: string): number[] =>
  text
    .split(' ')
    .map((word) => [...createHash('sha256').update(word).digest()].map((byte) => byte / 127.5 - 1))
    .reduce((sum, of) => sum.map((value, at) => value + (of[at] ?? 0)), new Array<number>(32).fill(0));

it('fits the vectors of words, and has an encoder begin with them', async () => {
  const output = await python.run(['-m', 'pytest', '-q', '-p', 'no:cacheprovider', 'tests/test_words.py']);
  expect(output).toMatch(/\d+ passed/);
});

it('makes an encoder of one layer that lies nearer to its teacher, by the same losses on one rank and on two', async () => {
  const parameters = { batchSize: 24, steps: 8, learningRate: 1e-2, maxLength: 48, evalShare: 0.2, dims: [8] };
  const shape = { layers: [1], intermediate: 32 };
  const job = { recipe: 'distil-embedding' as const, data: texts, models: { base: tiny } };
  const whole = { ...job, dir: join(root, 'whole'), parameters: { ...parameters, ...shape } };
  const parts = { ...job, dir: join(root, 'parts'), parameters: { ...parameters, ...shape, microBatchSize: 5 } };
  const results = [await train(python, whole, 1), await train(python, parts, 2)];
  const [one, other] = [await lossCurve(whole.dir), await lossCurve(parts.dir)];
  for (const [step, loss] of one) expect(other.get(step), `step ${step}`).toBeCloseTo(loss as number, 3);
  const config: unknown = JSON.parse(await readFile(join(parts.dir, 'result/config.json'), 'utf8'));
  expect(config).toMatchObject({ num_hidden_layers: 1, intermediate_size: 32 });
  // This teacher's vectors are those of words, and a student that begins with the base's layer has them yet to learn.
  const cut = { ...job, dir: join(root, 'cut'), parameters: { ...parameters, ...shape, begin: 'layers' } };
  const { before, after } = await train(python, cut, 1);
  expect(after['cosine']).toBeGreaterThan(before['cosine'] as number);
  for (const { metric, before: fitted } of results) {
    expect(metric).toEqual({ name: 'neighbours', better: 'higher' });
    expect(fitted['cosine']).toBeGreaterThan(after['cosine'] as number);
  }

  const { texts: some, outputs } = await readReference(parts.dir);
  const built = join(root, 'built');
  await mkdir(built);
  await buildEncoder(join(parts.dir, 'result'), built);
  const encoder = await openEncoder({ dir: built, name: 'student', threads: 1, provider: 'cpu' });
  const vectors = await encoder.encode(some);
  await encoder.close();
  const expected = outputs.flat();
  expect(vectors).toHaveLength(some.length * 32);
  vectors.forEach((value, at) => expect(value).toBeCloseTo(expected[at] ?? Number.NaN, 4));
});

it('has a student of a base that gives the vector of its first token begin with layers, whatever is asked: words are for means', async () => {
  const base = join(root, 'first-token');
  await cp(tiny, base, { recursive: true });
  await mkdir(join(base, '1_Pooling'));
  await writeFile(join(base, '1_Pooling/config.json'), JSON.stringify({ pooling_mode: 'cls' }));
  const parameters = { batchSize: 24, steps: 1, learningRate: 1e-2, maxLength: 48, evalShare: 0.2, layers: [1] };
  const job = { recipe: 'distil-embedding' as const, data: texts, models: { base } };
  const words = { ...job, dir: join(root, 'first-words'), parameters: { ...parameters, begin: 'words' } };
  const layers = { ...job, dir: join(root, 'first-layers'), parameters: { ...parameters, begin: 'layers' } };
  const [asked, plain] = [await train(python, words, 1), await train(python, layers, 1)];
  expect(asked.before).toEqual(plain.before);
  expect(await readdir(words.dir)).not.toContain('words.safetensors');
  expect(await readdir(join(root, 'whole'))).toContain('words.safetensors');
});

it('makes a classifier of one layer that says what its teacher says, by the same losses on one rank and on two', async () => {
  const data = join(root, 'logits.jsonl');
  // A teacher that knows one word; every third text has a label, too.
  const rows = titles.map((text, at) => {
    const flow = text.includes('flow');
    const label = flow ? 'LABEL_1' : 'LABEL_0';
    return { text, logits: flow ? [-3, 3] : [3, -3], label: at % 3 === 0 ? label : null };
  });
  await writeFile(data, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  const parameters = { batchSize: 32, steps: 150, learningRate: 5e-3, maxLength: 48, evalShare: 0.2 };
  const shape = { layers: [1], intermediate: 48 };
  const job = { recipe: 'distil-classifier' as const, data, models: { base: tiny } };
  const whole = {
    ...job,
    dir: join(root, 'classes-whole'),
    parameters: { ...parameters, ...shape, microBatchSize: 32 },
  };
  const parts = {
    ...job,
    dir: join(root, 'classes-parts'),
    parameters: { ...parameters, ...shape, microBatchSize: 8 },
  };
  const results = [await train(python, whole, 1), await train(python, parts, 2)];
  const [one, other] = [await lossCurve(whole.dir), await lossCurve(parts.dir)];
  for (const step of [1, 2, 3]) expect(other.get(step), `step ${step}`).toBeCloseTo(one.get(step) as number, 2);
  for (const { metric, before, after } of results) {
    expect(metric).toEqual({ name: 'agreement', better: 'higher' });
    expect(after['loss']).toBeLessThan(0.1 * (before['loss'] as number));
    expect(after['agreement']).toBeGreaterThan(0.9);
    expect(after['accuracy']).toBeGreaterThan(0.9);
  }
  const { texts: some, outputs } = await readReference(parts.dir);
  const agreed = some.filter((text, at) => (outputs[at]?.[1] ?? 0) > (outputs[at]?.[0] ?? 0) === text.includes('flow'));
  expect(agreed.length / some.length).toBeGreaterThan(0.9);
});

/** What a recipe leaves of PyTorch's answers. */
async function readReference(dir: string): Promise<{ texts: string[]; outputs: number[][] }> {
  const file = await readFile(join(dir, 'result/reference.json'), 'utf8');
  return JSON.parse(file) as { texts: string[]; outputs: number[][] };
}
