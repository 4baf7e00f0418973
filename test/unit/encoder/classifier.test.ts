import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildBertEncoder } from '../../../activities/encoder/bert-onnx';
import { buildClassifier, buildEncoder } from '../../../activities/encoder/build-encoder';
import { openEncoder } from '../../../activities/encoder/encoder';
import type { Precision } from '../../../schemas/config';
import {
  referenceHidden,
  referenceVector,
  TINY,
  tinyWeights,
  type TinyWeights,
  withClassifier,
  writeTinyModel,
} from './tiny-bert';

const TEXTS = ['a b c', 'z', '', 'q w e r t y', 'a a a a a a a a a a'];
const LABELS = 3;

let dir: string;
let weights: TinyWeights;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llm-pack-classifier-'));
  weights = withClassifier(tinyWeights(5), LABELS);
  await writeTinyModel(join(dir, 'source'), weights);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Logits in 64 bits, the plainest way. */
function referenceLogits(text: string): number[] {
  const [first = []] = referenceHidden(weights, text);
  const dense = (input: readonly number[], name: string): number[] => {
    const { data } = weights.get(`${name}.weight`) ?? { data: new Float32Array() };
    const bias = weights.get(`${name}.bias`)?.data ?? new Float32Array();
    return Array.from(bias, (start, out) =>
      input.reduce((sum, value, i) => sum + value * (data[out * input.length + i] ?? 0), start),
    );
  };
  return dense(dense(first, 'pooler.dense').map(Math.tanh), 'classifier');
}

async function built(precision: Precision): Promise<string> {
  const to = join(dir, precision);
  await mkdir(to);
  await buildClassifier(join(dir, 'source'), to, precision);
  return to;
}

describe('a classifier that is built from its weights', () => {
  it.each([
    ['fp32', 1e-5],
    ['fp16', 2e-2],
    ['int8', 0.25],
  ] as const)('gives the logits of BERT in %s, to %d', async (precision, tolerance) => {
    const to = await built(precision);
    const open = await openEncoder({ dir: to, name: 'tiny', threads: 1, provider: 'cpu', precision, gives: 'logits' });
    const logits = await open.encode(TEXTS);
    await open.close();
    expect(open.identity.dimensions).toBe(LABELS);
    const expected = TEXTS.flatMap(referenceLogits);
    logits.forEach((value, at) => expect(Math.abs(value - (expected[at] ?? Number.NaN))).toBeLessThan(tolerance));
  });

  it('is no encoder, and an encoder is no classifier', async () => {
    const options = { dir: join(dir, 'fp32'), name: 'tiny', threads: 1, provider: 'cpu' } as const;
    await expect(openEncoder(options)).rejects.toThrow('gives sentence_embedding');
  });
});

describe('an encoder with other numbers', () => {
  it.each([
    ['fp32', undefined, 1e-5],
    ['fp32', 5, 1e-5],
    ['fp16', 5, 5e-3],
    ['int8', 5, 0.1],
  ] as const)('in %s, cut to %s numbers, gives the vectors of BERT', async (precision, dimensions, tolerance) => {
    const to = join(dir, `encoder-${precision}-${dimensions ?? 'all'}`);
    await mkdir(to);
    await buildEncoder(join(dir, 'source'), to, precision, dimensions);
    const open = await openEncoder({ dir: to, name: 'tiny', threads: 1, provider: 'cpu', precision });
    const vectors = await open.encode(TEXTS);
    await open.close();
    const expected = TEXTS.flatMap((text) => {
      const kept = referenceVector(weights, text).slice(0, dimensions);
      const length = Math.hypot(...kept);
      return kept.map((value) => value / length);
    });
    expect(vectors).toHaveLength(expected.length);
    vectors.forEach((value, at) => expect(Math.abs(value - (expected[at] ?? Number.NaN))).toBeLessThan(tolerance));
  });
});

it('refuses to compute in 8 bits and in 16 at once', () => {
  expect(() => buildBertEncoder(weights, TINY, { ranges: new Map(), half: true })).toThrow('not in both');
});
