/**
 * Texts in a second of the encoder, from text to vector in order, against onnxruntime-node alone on the same batches with
 * the same settings, tokenised before; with `--peer` against sentence-transformers instead, on the same texts. In 32
 * bits and in 8, turn by turn: `npx jiti bench/encoder.ts [--full] [--peer]`. The peer's Python is that of the trainers, made on
 * first use (5 GB).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { equalRuns, planBatches } from '../activities/encoder/batches';
import { ATTENTION_MASK, INPUT_IDS } from '../activities/encoder/bert-onnx';
import { ENCODER_FILES } from '../activities/encoder/build-encoder';
import { type Encoder, openEncoder } from '../activities/encoder/encoder';
import { TextTokenizer } from '../activities/encoder/text-tokenizer';
import { packageRoot } from '../activities/kit/package-root';
import { packConfig } from '../schemas/config';
import { seededRandom } from '../test/support/random';
import { defaultCacheDir } from '../workers/stack/cache';
import { ensureEncoderModel } from '../workers/stack/encoder-model';
import { ensureEncoderWeights } from '../workers/stack/encoder-weights';
import { ensureTrainersPython } from '../workers/stack/trainers';
import { median } from './figures';
import { type Side, type Spent, withPeer } from './peer-encoder';

const ROUNDS = 5;
const PEER_ROUNDS = 5;
const full = process.argv.includes('--full');
const CHUNKS = full ? 2000 : 100;
const SENTENCES = 2000;
const threads = availableParallelism();
const { model } = packConfig.parse({}).encoder;
const where = { cacheDir: defaultCacheDir(), log: ({ message }: { message: string }) => console.error(message) };

/** The documentation of the dependencies, in the order of their names. */
function documentation(): string[] {
  const modules = join(packageRoot(), 'node_modules');
  return readdirSync(modules)
    .sort()
    .flatMap((name) => {
      const path = join(modules, name, 'README.md');
      return existsSync(path) ? [readFileSync(path, 'utf8')] : [];
    });
}

/** Texts of `least` to `most` words of that documentation, marks and addresses included, from a fixed seed. */
function excerpts(count: number, least: number, most: number): string[] {
  const words = documentation().flatMap((text) => text.split(/\s+/));
  const random = seededRandom(1);
  return Array.from({ length: count }, () => {
    const start = random.below(words.length - most);
    return words.slice(start, start + least + random.below(most - least)).join(' ');
  });
}

/** Sentences of that documentation with 40 to 100 characters, of words and common signs only, from a fixed seed. */
function sentences(count: number): string[] {
  const found = documentation().flatMap(
    (text) => text.match(/(?<=^|[.!?] )[A-Z][A-Za-z0-9 ,;:'"()-]{38,98}[.!?](?=\s|$)/gm) ?? [],
  );
  const different = [...new Set(found)];
  const random = seededRandom(1);
  return Array.from({ length: count }, () => random.pick(different));
}

type Feeds = Record<string, Tensor>;

/** What runs on CPUs. */
type Precision = 'fp32' | 'int8';

/** The inputs of the model as our encoder makes them: batches of similar length, in 8 bits of the same length. */
function feedsOf(rows: number[][], limit: number, precision: Precision): Feeds[] {
  const lengths = rows.map(({ length }) => length);
  const batches = planBatches(lengths, limit).flatMap((batch) => {
    if (precision === 'fp32') return [batch];
    const each = batch.rows.map((row) => lengths[row] ?? 0);
    return [...equalRuns(each)].map(([start, end]) => ({
      rows: batch.rows.slice(start, end),
      sequence: each[start] ?? 0,
    }));
  });
  return batches.map((batch) => {
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

/** What work in this process costs. */
async function spent(work: () => Promise<unknown>): Promise<Spent> {
  const [began, before] = [performance.now(), process.cpuUsage()];
  await work();
  const { user, system } = process.cpuUsage(before);
  return { wall: (performance.now() - began) / 1000, cpu: (user + system) / 1e6 };
}

/** Each side once a round, in an order that turns: what else the machine does hits all. */
async function inTurns(sides: Record<string, Side>, rounds: number): Promise<Record<string, Spent[]>> {
  const names = Object.keys(sides);
  const times: Record<string, Spent[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (let at = 0; at < names.length; at += 1) {
      const name = names[(round + at) % names.length] ?? '';
      const took = await sides[name]?.();
      if (took) times[name]?.push(took);
    }
  }
  return times;
}

/** Prints how many times as fast the first side is as the second, by the clock and by CPU time. */
function compare(times: Record<string, Spent[]>, texts: number, first: string, second: string): void {
  const ratio = (unit: keyof Spent) =>
    median((times[first] ?? []).map((took, round) => (times[second]?.[round]?.[unit] ?? NaN) / took[unit]));
  const rate = (side: string) => (texts / median((times[side] ?? []).map(({ wall }) => wall))).toFixed(0);
  console.log(
    `${first} / ${second}: ${ratio('wall').toFixed(2)} by the clock, ${ratio('cpu').toFixed(2)} by CPU time; ` +
      `${rate(first)} against ${rate(second)} texts/s`,
  );
}

async function openBoth(precision: Precision) {
  const { dir } = await ensureEncoderModel({ ...where, model, precision });
  const encoder = await openEncoder({ dir, name: model, threads, provider: 'cpu', precision });
  const session = await InferenceSession.create(join(dir, ENCODER_FILES.model), {
    intraOpNumThreads: threads,
    // As ours: a thread that spins while it waits is quicker on an idle machine by what it takes from others on a busy one.
    extra: { session: { intra_op: { allow_spinning: '0' } } },
    logSeverityLevel: 3,
  });
  return { dir, encoder, session, tokenizer: new TextTokenizer(join(dir, ENCODER_FILES.tokenizer)) };
}

type Open = Awaited<ReturnType<typeof openBoth>>;

async function againstRaw(open: Record<Precision, Open>): Promise<void> {
  const texts = excerpts(CHUNKS, 20, 130);
  const rows = texts.map((text) => open.fp32.tokenizer.encode(text));
  const tokens = rows.reduce((sum, { length }) => sum + length, 0);
  const sides: Record<string, Side> = {};
  for (const precision of ['fp32', 'int8'] as const) {
    const { encoder, session, tokenizer } = open[precision];
    const feeds = feedsOf(rows, tokenizer.limit, precision);
    await session.run(feeds.at(-1) ?? {});
    sides[`ours ${precision}`] = () => spent(() => encoder.encode(texts));
    sides[`onnxruntime-node ${precision}`] = () =>
      spent(async () => {
        for (const feed of feeds) await session.run(feed);
      });
  }
  const times = await inTurns(sides, ROUNDS);
  console.log(`\n${CHUNKS} texts of ${(tokens / CHUNKS).toFixed(0)} tokens, median of ${ROUNDS} rounds by turns`);
  for (const precision of ['fp32', 'int8']) {
    compare(times, CHUNKS, `ours ${precision}`, `onnxruntime-node ${precision}`);
  }
  compare(times, CHUNKS, 'ours int8', 'ours fp32');
}

async function againstPeer(encoders: Record<Precision, Encoder>, kind: string, texts: string[]): Promise<void> {
  const chars = texts.reduce((sum, { length }) => sum + length, 0) / texts.length;
  const counts = await encoders.fp32.countTokens(texts);
  const tokens = counts.reduce((sum, count) => sum + count + 2, 0) / texts.length;
  const python = await ensureTrainersPython(where);
  const weights = await ensureEncoderWeights({ ...where, model });
  await withPeer(python, weights.dir, texts, async (peer) => {
    const sides: Record<string, Side> = {
      'ours fp32': () => spent(() => encoders.fp32.encode(texts)),
      'ours int8': () => spent(() => encoders.int8.encode(texts)),
      'sentence-transformers': peer,
    };
    await inTurns(sides, 1); // to warm up
    const times = await inTurns(sides, PEER_ROUNDS);
    console.log(
      `\n${texts.length} ${kind} of ${chars.toFixed(0)} characters, ${tokens.toFixed(1)} tokens, ` +
        `median of ${PEER_ROUNDS} rounds by turns`,
    );
    for (const precision of ['fp32', 'int8'])
      compare(times, texts.length, `ours ${precision}`, 'sentence-transformers');
  });
}

async function main(): Promise<void> {
  const file = join(packageRoot(), 'node_modules', 'onnxruntime-node', 'package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  const load = loadavg()[0]?.toFixed(1) ?? '?';
  console.log(
    `${model}, onnxruntime-node ${version}, Node ${process.version}, ${threads} x ${cpus()[0]?.model ?? 'unknown CPU'}, load ${load}`,
  );
  const open = { fp32: await openBoth('fp32'), int8: await openBoth('int8') };
  if (process.argv.includes('--peer')) {
    const encoders = { fp32: open.fp32.encoder, int8: open.int8.encoder };
    await againstPeer(encoders, 'sentences', sentences(SENTENCES));
    await againstPeer(encoders, 'excerpts of Markdown', excerpts(SENTENCES, 7, 14));
  } else await againstRaw(open);
  for (const { encoder, session } of Object.values(open)) {
    await encoder.close();
    await session.release();
  }
}

void main();
