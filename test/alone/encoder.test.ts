import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Encoder, openEncoder } from '../../activities/encoder/encoder';
import { ENCODER_FILES } from '../../activities/encoder/build-encoder';
import { TextTokenizer } from '../../activities/encoder/text-tokenizer';
import { packageRoot } from '../../activities/kit/package-root';
import { packConfig } from '../../schemas/config';
import { defaultCacheDir } from '../../workers/stack/cache';
import { ensureEncoderModel } from '../../workers/stack/encoder-model';
import { seededRandom } from '../support/random';

const { model } = packConfig.parse({}).encoder;
let dir: string;
let encoder: Encoder;
const scratch = mkdtempSync(join(tmpdir(), 'llm-pack-encoder-'));

beforeAll(async () => {
  ({ dir } = await ensureEncoderModel({ model, cacheDir: defaultCacheDir(), log: () => undefined }));
  encoder = await openEncoder({ dir, name: model, threads: 'cores', provider: 'auto' });
});
afterAll(async () => {
  await encoder.close();
  rmSync(scratch, { recursive: true });
});

const rowOf = (vectors: Float32Array, row: number) => {
  const { dimensions } = encoder.identity;
  return vectors.subarray(row * dimensions, (row + 1) * dimensions);
};
const cosine = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);

/** Texts of 0 to 60 words of this repository's README, seeded. */
function someTexts(count: number, seed: number): string[] {
  const words = readFileSync(join(packageRoot(), 'README.md'), 'utf8').split(/\s+/);
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const start = random.below(words.length);
    return words.slice(start, start + random.below(60)).join(' ');
  });
}

describe('the default encoder', () => {
  it('gives the vectors of sentence-transformers 6.0.1 (first eight numbers and similarity, kept here)', async () => {
    const vectors = await encoder.encode([
      'The quick brown fox jumps over the lazy dog.',
      'Durable workflows survive a crash: 工作流 keeps its state.',
    ]);
    const kept = [
      [0.043934, 0.058934, 0.048178, 0.077548, 0.026744, -0.03763, -0.002605, -0.059943],
      [-0.075296, 0.015537, 0.043262, 0.017278, 0.061251, -0.040134, 0.047842, -0.017849],
    ];
    kept.forEach((numbers, row) => {
      numbers.forEach((number, i) => expect(rowOf(vectors, row)[i]).toBeCloseTo(number, 5));
    });
    expect(cosine(rowOf(vectors, 0), rowOf(vectors, 1))).toBeCloseTo(0.050818, 5);
  });

  it('is the same for everybody: the files it builds have a known fingerprint', () => {
    // Another fingerprint means that indexes must be built anew: then raise ENCODER_BUILD and this.
    expect(encoder.identity.fingerprint).toBe('f23dbc8b05e0db8c7713ad324a35597ffc5bc38341784145c1014f56571aab53');
  });

  it('keeps the order, and gives a text the same bits whatever it is encoded with', async () => {
    const texts = someTexts(120, 3);
    const together = await encoder.encode(texts);
    for (const row of [0, 17, 63, 119]) {
      expect(rowOf(together, row)).toEqual(await encoder.encode([texts[row] ?? '']));
    }
    expect(await encoder.encode(texts.toReversed()).then((vectors) => rowOf(vectors, 0))).toEqual(rowOf(together, 119));
  });

  it('cuts a text at 256 tokens, however long it is, and takes an empty one', async () => {
    const long = 'word '.repeat(254);
    const vectors = await encoder.encode([
      long,
      long + 'behind the cut '.repeat(100_000),
      'word '.repeat(253),
      '',
      ' \n',
    ]);
    expect(rowOf(vectors, 1)).toEqual(rowOf(vectors, 0));
    expect(rowOf(vectors, 2)).not.toEqual(rowOf(vectors, 0));
    expect(rowOf(vectors, 4)).toEqual(rowOf(vectors, 3));
    expect(cosine(rowOf(vectors, 3), rowOf(vectors, 3))).toBeCloseTo(1, 5);
  });

  it('reads only a beginning of a long text, and finds the tokens that reading all of it finds', () => {
    const path = join(dir, ENCODER_FILES.tokenizer);
    const tokenizer = new TextTokenizer(path);
    const file = JSON.parse(readFileSync(path, 'utf8')) as object;
    const withoutLimit = join(scratch, ENCODER_FILES.tokenizer);
    writeFileSync(withoutLimit, JSON.stringify({ ...file, truncation: { max_length: 1_000_000 } }));
    const unlimited = new TextTokenizer(withoutLimit);
    const readme = readFileSync(join(packageRoot(), 'README.md'), 'utf8').repeat(3);
    const oneWord = ['a'.repeat(9000), '文'.repeat(5000), `${'-'.repeat(4063)} end`];
    for (const text of [readme, readme.replaceAll(' ', ''), ...oneWord, 'x '.repeat(3000), ' '.repeat(9000) + 'z']) {
      const all = unlimited.encode(text);
      const cut = all.length > tokenizer.limit ? [...all.slice(0, tokenizer.limit - 1), all.at(-1)] : all;
      expect(tokenizer.encode(text)).toEqual(cut);
    }
  });

  it('stops within two batches when it is told to, with the reason it was given', async () => {
    const stop = new AbortController();
    const reason = new Error('the run was cancelled');
    const reports: number[] = [];
    const encoding = encoder.encode(someTexts(1000, 4), {
      signal: stop.signal,
      report(done) {
        reports.push(done);
        if (reports.length === 3) stop.abort(reason);
      },
    });
    await expect(encoding).rejects.toBe(reason);
    // Every copy of the model finishes the batch that it has, of some dozens.
    const told = reports.length;
    expect(told).toBeLessThan(10);
    await expect(encoder.encode(['still works'])).resolves.toHaveLength(encoder.identity.dimensions);
    expect(reports).toHaveLength(told);
  });

  it('leaves the event loop free while it works', async () => {
    const texts = someTexts(400, 5);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    await encoder.encode(texts);
    delay.disable();
    // Heartbeats are sent every two seconds; 50 ms is what a person would not notice.
    expect(delay.percentile(99) / 1e6).toBeLessThan(50);
  });

  it('serves a short call between the batches of a long one', async () => {
    let longDone = false;
    const long = encoder.encode(someTexts(400, 6)).then(() => (longDone = true));
    await encoder.encode(['a query']);
    expect(longDone).toBe(false);
    await long;
  });

  it('frees its thread when it is closed: a process that has closed it ends by itself', async () => {
    const kit = join(packageRoot(), 'activities', 'kit', 'thread-loader.cjs');
    const child = join(packageRoot(), 'test', 'support', 'encoder-child.ts');
    const { stdout } = await promisify(execFile)(process.execPath, ['--require', kit, child, dir], { timeout: 60_000 });
    expect(stdout.trim()).toBe('closed');
  });
});

describe('the default encoder in 8 bits', () => {
  let rounded: Encoder;
  beforeAll(async () => {
    const options = { model, precision: 'int8', cacheDir: defaultCacheDir(), log: () => undefined } as const;
    const { dir: small } = await ensureEncoderModel(options);
    rounded = await openEncoder({ dir: small, name: model, threads: 'cores', provider: 'cpu', precision: 'int8' });
  });
  afterAll(() => rounded.close());

  it('has a fingerprint of its own, the same for everybody', () => {
    expect(rounded.identity.fingerprint).toBe('7043aae7a6f6d084d3c776202105e21f7a99aefa1522872372554eb222735456');
  });

  it('is as near to 32 bits as rounding allows: a cosine of 0.99 on average', async () => {
    const texts = [...someTexts(150, 7).filter((text) => text !== ''), '中国是茶的故乡。', '龙井是最有名的绿茶之一。'];
    const [near, exact] = [await rounded.encode(texts), await encoder.encode(texts)];
    const cosines = texts.map((_text, row) => cosine(rowOf(near, row), rowOf(exact, row)));
    expect(cosines.reduce((sum, value) => sum + value, 0) / cosines.length).toBeGreaterThan(0.99);
    expect(Math.min(...cosines)).toBeGreaterThan(0.95);
  });

  it('keeps the order, and gives a text the same bits whatever it is encoded with', async () => {
    const texts = someTexts(60, 8);
    const together = await rounded.encode(texts);
    for (const row of [0, 23, 59]) expect(rowOf(together, row)).toEqual(await rounded.encode([texts[row] ?? '']));
  });
});
