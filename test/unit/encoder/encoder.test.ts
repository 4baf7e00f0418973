import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildEncoder } from '../../../activities/encoder/build-encoder';
import { type Encoder, openEncoder } from '../../../activities/encoder/encoder';
import { readSafetensors } from '../../../activities/encoder/safetensors';
import { isFailure } from '../../../activities/errors';
import { referenceVector, TINY, TINY_LIMIT, type TinyWeights, tinyWeights, writeTinyModel } from './tiny-bert';

let dir: string;
let weights: TinyWeights;
let encoder: Encoder;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'llm-pack-encoder-'));
  weights = tinyWeights(7);
  await writeTinyModel(join(dir, 'source'), weights);
  await buildEncoder(join(dir, 'source'), dir);
  encoder = await openEncoder({ dir, name: 'tiny', threads: 1, provider: 'cpu' });
});
afterAll(async () => {
  await encoder.close();
  await rm(dir, { recursive: true, force: true });
});

const letters = fc
  .array(fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz'), { maxLength: 2 * TINY_LIMIT })
  .map((list) => list.join(' '));

describe('an encoder built from weights', () => {
  it('computes what BERT is, written out by hand, for any texts in any order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(letters, { minLength: 1, maxLength: 20 }), async (texts) => {
        const vectors = await encoder.encode(texts);
        const difference = texts.flatMap((text, row) =>
          referenceVector(weights, text).map((value, i) =>
            Math.abs(value - (vectors[row * TINY.hidden_size + i] ?? 9)),
          ),
        );
        expect(Math.max(...difference)).toBeLessThan(1e-5);
      }),
      { numRuns: 40, seed: 1 },
    );
  });

  it('gives a text the same bits whatever it is encoded with', async () => {
    await fc.assert(
      fc.asyncProperty(letters, fc.array(letters, { maxLength: 20 }), async (text, others) => {
        const alone = await encoder.encode([text]);
        const together = await encoder.encode([...others, text]);
        expect(together.subarray(others.length * TINY.hidden_size)).toEqual(alone);
      }),
      { numRuns: 40, seed: 2 },
    );
  });

  it('says what it is, and takes the limit from the model, not from its tokenizer file', () => {
    expect(encoder).toMatchObject({ device: 'cpu', limit: TINY_LIMIT });
    expect(encoder.identity).toMatchObject({ name: 'tiny', dimensions: TINY.hidden_size });
    expect(encoder.identity.fingerprint).toMatch(/^[0-9a-f]{64}$/);
  });

  it('counts the tokens of whole texts, without special ones', async () => {
    await expect(encoder.countTokens(['', 'a b', 'a '.repeat(50)])).resolves.toEqual(Int32Array.of(0, 2, 50));
  });

  it('takes no texts and gives no vectors', async () => {
    await expect(encoder.encode([])).resolves.toHaveLength(0);
  });
});

describe('a folder that is no encoder', () => {
  it('is refused with the file that is missing', async () => {
    const failed = openEncoder({ dir: join(dir, 'source'), name: 'x', threads: 1, provider: 'cpu' });
    await expect(failed).rejects.toSatisfy((error) => isFailure(error, 'ModelNotFound'));
    await expect(failed).rejects.toThrow('has no model.onnx');
  });

  it('is not built from: another architecture, weights cut off, a missing tensor', async () => {
    const bad = join(dir, 'bad');
    await writeTinyModel(bad, weights);
    await writeFile(join(bad, 'config.json'), JSON.stringify({ ...TINY, model_type: 'roberta' }));
    await expect(buildEncoder(bad, bad)).rejects.toThrow('not roberta');
    await writeFile(join(bad, 'config.json'), '{"model_type": "bert", "hidden');
    await expect(buildEncoder(bad, bad)).rejects.toMatchObject({ type: 'ModelRefused' });

    await writeTinyModel(bad, new Map([...weights].slice(0, 3)));
    await expect(buildEncoder(bad, bad)).rejects.toThrow('no 32-bit float tensor embeddings.LayerNorm.weight');

    await writeFile(join(bad, 'model.safetensors'), Buffer.from('00ff000000000000', 'hex'));
    await expect(readSafetensors(join(bad, 'model.safetensors'))).rejects.toThrow('not a whole safetensors file');
  });
});

describe('an encoder built in 8 bits', () => {
  let rounded: Encoder;
  beforeAll(async () => {
    const small = join(dir, 'int8');
    await mkdir(small);
    await buildEncoder(join(dir, 'source'), small, 'int8');
    rounded = await openEncoder({ dir: small, name: 'tiny', threads: 1, provider: 'cpu', precision: 'int8' });
  });
  afterAll(() => rounded.close());

  it('is another encoder, near to the exact one', async () => {
    expect(rounded.identity.fingerprint).not.toBe(encoder.identity.fingerprint);
    const texts = fc.sample(letters, { numRuns: 60, seed: 3 });
    const [near, exact] = [await rounded.encode(texts), await encoder.encode(texts)];
    const cosines = texts.map((_text, row) => {
      const from = row * TINY.hidden_size;
      return near
        .subarray(from, from + TINY.hidden_size)
        .reduce((sum, value, at) => sum + value * (exact[from + at] ?? 0), 0);
    });
    // Eight dimensions average out little of what rounding does; the real model has 384 and is held to 0.99.
    expect(Math.min(...cosines)).toBeGreaterThan(0.96);
    expect(Math.max(...cosines)).toBeLessThan(1.00001);
  });

  it('gives a text the same bits whatever it is encoded with', async () => {
    await fc.assert(
      fc.asyncProperty(letters, fc.array(letters, { maxLength: 20 }), async (text, others) => {
        const alone = await rounded.encode([text]);
        const together = await rounded.encode([...others, text]);
        expect(together.subarray(others.length * TINY.hidden_size)).toEqual(alone);
      }),
      { numRuns: 40, seed: 4 },
    );
  });
});
