/**
 * Texts in a second of the encoder, tokenising and sorting included, against onnxruntime-node alone on the same
 * batches, tokenised before. Run: npx jiti bench/encoder.ts [--full]
 */
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { planBatches } from '../activities/encoder/batches';
import { ATTENTION_MASK, INPUT_IDS } from '../activities/encoder/bert-onnx';
import { ENCODER_FILES } from '../activities/encoder/build-encoder';
import { openEncoder } from '../activities/encoder/encoder';
import { TextTokenizer } from '../activities/encoder/text-tokenizer';
import { packageRoot } from '../activities/kit/package-root';
import { packConfig } from '../schemas/config';
import { defaultCacheDir } from '../workers/stack/cache';
import { ensureEncoderModel } from '../workers/stack/encoder-model';
import { seededRandom } from '../test/support/random';

const ROUNDS = 5;
const full = process.argv.includes('--full');
const TEXTS = full ? 4000 : 200;

/** Chunks as an index has them: 20 to 130 words of the dependencies' own documentation, from a fixed seed. */
function chunks(count: number): string[] {
  const modules = join(packageRoot(), 'node_modules');
  const words = readdirSync(modules)
    .sort()
    .flatMap((name) => {
      const path = join(modules, name, 'README.md');
      try {
        return readFileSync(path, 'utf8').split(/\s+/);
      } catch {
        return []; // not every package has one
      }
    });
  const random = seededRandom(1);
  return Array.from({ length: count }, () => {
    const start = random.below(words.length - 130);
    return words.slice(start, start + 20 + random.below(110)).join(' ');
  });
}

type Feeds = Record<string, Tensor>;

function feedsOf(rows: number[][], limit: number): Feeds[] {
  return planBatches(
    rows.map(({ length }) => length),
    limit,
  ).map((batch) => {
    const ids = new BigInt64Array(batch.rows.length * batch.sequence);
    const mask = new BigInt64Array(ids.length);
    batch.rows.forEach((row, at) => {
      (rows[row] ?? []).forEach((id, token) => {
        ids[at * batch.sequence + token] = BigInt(id);
        mask[at * batch.sequence + token] = 1n;
      });
    });
    const shape = [batch.rows.length, batch.sequence];
    return { [INPUT_IDS]: new Tensor('int64', ids, shape), [ATTENTION_MASK]: new Tensor('int64', mask, shape) };
  });
}

async function seconds(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return (performance.now() - began) / 1000;
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? NaN;

async function main(): Promise<void> {
  const { model } = packConfig.parse({}).encoder;
  const { dir } = await ensureEncoderModel({
    model,
    cacheDir: defaultCacheDir(),
    log: ({ message }) => console.error(message),
  });
  const threads = availableParallelism();
  const encoder = await openEncoder({ dir, name: model, threads, provider: 'cpu' });
  const session = await InferenceSession.create(join(dir, ENCODER_FILES.model), { intraOpNumThreads: threads });
  const tokenizer = new TextTokenizer(join(dir, ENCODER_FILES.tokenizer));
  const texts = chunks(TEXTS);
  const rows = texts.map((text) => tokenizer.encode(text));
  const feeds = feedsOf(rows, tokenizer.limit);
  const raw = async () => {
    for (const feed of feeds) await session.run(feed);
  };
  const ours = () => encoder.encode(texts);

  await session.run(feeds.at(-1) ?? {});
  const times: { raw: number; ours: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Turn by turn, each first every other time: what else the machine does hits both.
    const rawFirst = round % 2 === 0 ? await seconds(raw) : undefined;
    const own = await seconds(ours);
    times.push({ raw: rawFirst ?? (await seconds(raw)), ours: own });
  }
  await encoder.close();
  await session.release();

  const tokens = rows.reduce((sum, { length }) => sum + length, 0);
  const rate = (side: 'raw' | 'ours') => (TEXTS / median(times.map((time) => time[side]))).toFixed(1);
  const { version } = JSON.parse(
    readFileSync(join(packageRoot(), 'node_modules', 'onnxruntime-node', 'package.json'), 'utf8'),
  ) as { version: string };
  console.log(`encoder ${model}, ${TEXTS} texts of ${(tokens / TEXTS).toFixed(0)} tokens, median of ${ROUNDS} rounds`);
  console.log(`ours / raw: ${(median(times.map((time) => time.raw / time.ours)) * 100).toFixed(1)}%`);
  console.log(`ours ${rate('ours')} texts/s (tokenising included), onnxruntime-node alone ${rate('raw')} texts/s`);
  console.log(
    `onnxruntime-node ${version}, Node ${process.version}, ${threads} x ${cpus()[0]?.model ?? 'unknown CPU'}`,
  );
}

void main();
