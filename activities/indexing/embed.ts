import type { Chunking } from '../../schemas/chunking';
import { type EmbeddingCache, encodeOnce } from '../encoder/encode-once';
import type { Encoder } from '../encoder/encoder';
import type { Report } from '../kit/heartbeat';
import { chunkDocuments } from './chunk-documents';
import type { DatasetDocument } from './chunk-record';
import type { EmbeddedChunks } from './embedded-unit';

/** What was embedded, and what it took. */
export interface EmbeddedDocuments extends EmbeddedChunks {
  /** Of the chunks' texts. */
  tokens: number;
  /** UTF-8 bytes of the chunks' texts with their contexts. */
  textBytes: number;
  /** Chunks whose text went through the encoder. */
  embedded: number;
  /** Chunks whose vector was there already. */
  fromCache: number;
}

/**
 * Cuts documents into chunks and embeds each with its context. A text that the cache has, or that another chunk has
 * too, is not embedded again; the vectors are the same as without a cache.
 */
export async function embedDocuments(
  documents: readonly DatasetDocument[],
  encoder: Pick<Encoder, 'identity' | 'limit' | 'countTokens' | 'encode'>,
  chunking: Chunking,
  options: { cache?: EmbeddingCache | undefined; signal: AbortSignal; report: Report },
): Promise<EmbeddedDocuments> {
  const count = (pieces: readonly string[]) => encoder.countTokens(pieces);
  const cut = (await chunkDocuments(documents, chunking, { limit: encoder.limit, count })).flat();
  options.signal.throwIfAborted();
  const encoded = await encodeOnce(
    cut.map(({ embedded }) => embedded),
    encoder,
    options,
  );
  return {
    chunks: cut.map(({ record }) => record),
    tokens: cut.reduce((sum, { tokens }) => sum + tokens, 0),
    textBytes: cut.reduce((sum, { record: { context, text } }) => sum + Buffer.byteLength(context + text), 0),
    ...encoded,
  };
}
