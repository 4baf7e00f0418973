import type { Chunking, EncoderIdentity } from '../../schemas/rebuild-index';
import type { Report } from '../kit/heartbeat';
import { chunkTexts } from './chunk';
import { chunkRecords, type DatasetDocument, embeddingText } from './chunk-record';
import type { EmbeddedChunks } from './embedded-unit';

/** What embedding needs of an encoder. */
export interface ChunkEncoder {
  identity: EncoderIdentity;
  /** Tokens of each text, without the special ones. */
  countTokens(texts: readonly string[]): Promise<ArrayLike<number>>;
  /** Vectors of the texts, one after the other. */
  encode(texts: readonly string[], options?: { signal?: AbortSignal; report?: Report }): Promise<Float32Array>;
}

/** Cuts documents into chunks and embeds each with its context. `tokens` are those of the chunks' texts. */
export async function embedDocuments(
  documents: readonly DatasetDocument[],
  encoder: ChunkEncoder,
  chunking: Chunking,
  options: { signal: AbortSignal; report: Report },
): Promise<EmbeddedChunks & { tokens: number }> {
  const texts = documents.map(({ text }) => text);
  const cut = await chunkTexts(texts, chunking, (pieces) => encoder.countTokens(pieces));
  options.signal.throwIfAborted();
  const chunks = documents.flatMap((document, at) => chunkRecords(document, cut[at] ?? []));
  const vectors = await encoder.encode(chunks.map(embeddingText), options);
  const tokens = cut.flat().reduce((sum, chunk) => sum + chunk.tokens, 0);
  return { chunks, vectors, tokens };
}
