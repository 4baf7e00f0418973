import { availableParallelism } from 'node:os';
import { failure } from '../errors';
import { createThreadPool } from '../kit/thread';
import type * as thread from './rerank-thread';

/** Reads a query and a text together and says how well the one answers the other: slower than vectors, and better. */
export interface Reranker {
  /** One number for each text, in their order; higher is better, and only good for ordering. */
  score(query: string, texts: readonly string[]): Promise<Float32Array>;
  /** Ends the thread and frees the model. */
  close(): Promise<void>;
}

/** The last stage of a search. */
export interface Rerank {
  reranker: Reranker;
  /** Documents that are read; as many as are wanted, where that is more. */
  documents: number;
}

/**
 * Opens a cross-encoder of the BERT family, such as `cross-encoder/ms-marco-MiniLM-L-6-v2`, in a thread of its own.
 * @param dir folder with `model.onnx` and `tokenizer.json`
 * @throws `ModelNotFound` where the folder does not hold one.
 */
export async function openReranker({ dir, threads }: { dir: string; threads: 'cores' | number }): Promise<Reranker> {
  const settings = { dir, threads: threads === 'cores' ? availableParallelism() : threads };
  const pool = createThreadPool<typeof thread>(__dirname, 'rerank-thread', { threads: 1 });
  await pool.run('open', { settings }).catch(async (error: unknown) => {
    await pool.close();
    throw error;
  });
  return {
    async score(query, texts) {
      if (texts.length === 0) return new Float32Array();
      const scores = await pool.run('score', { settings, query, texts });
      if (scores.length === texts.length) return scores;
      throw failure('ModelNotFound', `${dir} gives ${scores.length} numbers for ${texts.length} pairs.`);
    },
    async close() {
      await pool.run('release', undefined as never).catch(() => undefined);
      await pool.close();
    },
  };
}
