import { createHash } from 'node:crypto';
import { failure } from '../errors';
import type { Report } from '../kit/heartbeat';
import type { Encoder } from './encoder';

/** Vectors that were made before, by the fingerprint of the encoder and the sha256 of the text. The registry is one. */
export interface EmbeddingCache {
  /** Those that are there. */
  findEmbeddings(encoder: string, hashes: readonly string[]): Promise<Map<string, Float32Array>>;
  /** Keeps them; of two that keep the same text, the first wins. */
  keepEmbeddings(encoder: string, vectors: ReadonlyMap<string, Float32Array>): Promise<void>;
}

/** Vectors of texts, one after the other, and what they cost: `embedded + fromCache` is the number of texts. */
export interface EncodedTexts {
  vectors: Float32Array;
  /** Texts that went through the model. */
  embedded: number;
  /** Texts that did not: they are in the cache, or equal to another text of the same call. */
  fromCache: number;
}

/**
 * Encodes each text once: equal texts share their vector, and what the cache has is not computed again. The vectors are
 * those that the encoder gives without a cache, to the last bit on machines of one kind, since a text's vector does not
 * depend on what it is encoded with. An attempt that dies before it has kept its vectors has cost time, nothing else.
 */
export async function encodeOnce(
  texts: readonly string[],
  encoder: Pick<Encoder, 'identity' | 'encode'>,
  { cache, signal, report }: { cache?: EmbeddingCache | undefined; signal: AbortSignal; report: Report },
): Promise<EncodedTexts> {
  const { fingerprint, dimensions } = encoder.identity;
  const hashes = texts.map(hashOf);
  const textOf = new Map(hashes.map((hash, at) => [hash, texts[at] ?? '']));

  const known = (await cache?.findEmbeddings(fingerprint, [...textOf.keys()])) ?? new Map<string, Float32Array>();
  signal.throwIfAborted();
  const missing = [...textOf.keys()].filter((hash) => !known.has(hash));
  const encoded = await encoder.encode(
    missing.map((hash) => textOf.get(hash) ?? ''),
    { signal, report },
  );
  const made = new Map(missing.map((hash, at) => [hash, encoded.subarray(at * dimensions, (at + 1) * dimensions)]));
  await cache?.keepEmbeddings(fingerprint, made);

  const vectors = new Float32Array(texts.length * dimensions);
  for (const [at, hash] of hashes.entries()) {
    const vector = made.get(hash) ?? known.get(hash);
    if (vector?.length !== dimensions) {
      throw failure('InvariantBroken', `A kept vector has ${vector?.length ?? 0} numbers instead of ${dimensions}.`);
    }
    vectors.set(vector, at * dimensions);
  }
  return { vectors, embedded: missing.length, fromCache: texts.length - missing.length };
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');
