import { availableParallelism } from 'node:os';
import type { Precision } from '../../schemas/config';
import type { EncoderIdentity } from '../../schemas/rebuild-index';
import type { Report } from '../kit/heartbeat';
import { inParallel } from '../kit/in-parallel';
import { createThreadPool } from '../kit/thread';
import { type Batch, planBatches } from './batches';
import type * as thread from './encoder-thread';
import type { Device, ModelSettings } from './encoder-thread';
import { hasGpu } from './gpu';

export interface EncoderOptions {
  /** Folder with `model.onnx` (as `buildEncoder` makes it) and `tokenizer.json`. */
  dir: string;
  /** Name of the model, for people; what counts is the fingerprint. */
  name: string;
  /** Threads that compute; `cores` is all of the host's. */
  threads: 'cores' | number;
  /** `auto` takes CUDA where a GPU is found and works, else the CPU. */
  provider: 'auto' | 'cpu' | 'cuda';
  /** That of the model in the folder, `fp32` when left out. */
  precision?: Precision;
  /** `logits` is for a classifier: its `encode` gives a number for each class instead of a vector. */
  gives?: ModelSettings['gives'];
}

/** Turns texts into unit vectors, in threads of its own: the caller's event loop stays free. */
export interface Encoder {
  readonly identity: EncoderIdentity;
  /** What it runs on. */
  readonly device: Device;
  /** Longest input in tokens, the special ones included; what is longer is cut there. */
  readonly limit: number;
  /**
   * The vectors of the texts, one after the other in the given order. On one machine a text gives the same bits
   * whatever it is encoded with. A stop is obeyed between two batches, about 0.2 seconds on 2 cores; progress is told
   * in texts.
   */
  encode(texts: readonly string[], options?: { signal?: AbortSignal; report?: Report }): Promise<Float32Array>;
  /** Tokens of each text, without the special ones that the model adds to a whole input. */
  countTokens(texts: readonly string[]): Promise<Int32Array>;
  /** Ends the threads and frees the model. Work that is under way fails. */
  close(): Promise<void>;
}

/** Characters that one task of a thread tokenises: about 0.03 seconds, so that the threads share even a few texts. */
const TASK_CHARS = 50_000;

/**
 * Copies of the model that compute side by side on CPUs, each in a thread of its own with its share of the cores. Threads
 * that share one batch wait for each other at each of its 80 steps, which costs more than the step where texts are short:
 * in 8 bits, one text at a time, two threads were slower together than one alone. More copies than this gain little, and
 * each takes the memory of a model.
 */
const MAX_LANES = 4;

/**
 * Opens an encoder: loads the model (0.3 seconds for MiniLM) and runs it once.
 * @throws `ModelNotFound` where the folder does not hold an encoder, `Unavailable` where `cuda` is asked for in vain.
 */
export async function openEncoder({
  dir,
  name,
  threads,
  provider,
  precision = 'fp32',
  gives = 'vectors',
}: EncoderOptions): Promise<Encoder> {
  const cores = threads === 'cores' ? availableParallelism() : threads;
  const onGpu = provider === 'cuda' || (provider === 'auto' && hasGpu());
  const lanes = onGpu ? 1 : Math.min(cores, MAX_LANES);
  const settings: ModelSettings = { dir, provider, precision, gives, threads: Math.floor(cores / lanes) };
  const pool = createThreadPool<typeof thread>(__dirname, 'encoder-thread', { threads: lanes });
  const facts = await pool.run('open', { settings }).catch(async (error: unknown) => {
    await pool.close();
    throw error;
  });
  const { fingerprint, dimensions, limit, device } = facts;

  async function tokenise(texts: readonly string[], signal?: AbortSignal): Promise<Int32Array[]> {
    const tokenised = await inParallel(
      [...slices(texts)],
      async (slice) => {
        const { ids, lengths } = await pool.run('tokenise', { settings, texts: slice });
        let at = 0;
        return Array.from(lengths, (length) => ids.subarray(at, (at += length)));
      },
      { lanes, signal },
    );
    return tokenised.flat();
  }

  const embed = ({ rows, sequence }: Batch, tokens: readonly Int32Array[]): Promise<Float32Array> => {
    const lengths = Int32Array.from(rows, (row) => tokens[row]?.length ?? 0);
    const ids = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
    let at = 0;
    for (const row of rows) {
      ids.set(tokens[row] ?? [], at);
      at += tokens[row]?.length ?? 0;
    }
    return pool.run('embed', { settings, ids, lengths, sequence });
  };

  return {
    identity: { name, fingerprint, dimensions },
    device,
    limit,
    async encode(texts, { signal, report } = {}) {
      const tokens = await tokenise(texts, signal);
      const lengths = tokens.map(({ length }) => length);
      const vectors = new Float32Array(texts.length * dimensions);
      let done = 0;
      const embedBatch = async (batch: Batch) => {
        const embedded = await embed(batch, tokens);
        batch.rows.forEach((row, at) => {
          vectors.set(embedded.subarray(at * dimensions, (at + 1) * dimensions), row * dimensions);
        });
        done += batch.rows.length;
        report?.(done, texts.length);
      };
      await inParallel(planBatches(lengths, limit), embedBatch, { lanes, signal });
      signal?.throwIfAborted();
      return vectors;
    },
    async countTokens(texts) {
      const counts = new Int32Array(texts.length);
      let at = 0;
      for (const slice of slices(texts)) {
        counts.set(await pool.run('count', { settings, texts: slice }), at);
        at += slice.length;
      }
      return counts;
    },
    async close() {
      // As many as there are threads that wait for work: each gets one.
      const releases = Array.from({ length: lanes }, () => pool.run('release', undefined as never));
      await Promise.allSettled(releases);
      await pool.close();
    },
  };
}

/** The texts in their order, cut into runs of about `TASK_CHARS` characters. */
function* slices(texts: readonly string[]): Generator<readonly string[]> {
  let start = 0;
  let chars = 0;
  for (let at = 0; at < texts.length; at++) {
    chars += texts[at]?.length ?? 0;
    if (chars < TASK_CHARS && at < texts.length - 1) continue;
    yield texts.slice(start, at + 1);
    start = at + 1;
    chars = 0;
  }
}
