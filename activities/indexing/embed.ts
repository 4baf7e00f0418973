import type { Chunking } from '../../schemas/rebuild-index';
import { type EmbeddingCache, encodeOnce } from '../encoder/encode-once';
import type { Encoder } from '../encoder/encoder';
import type { Report } from '../kit/heartbeat';
import { chunkTexts, MAX_CONTEXT_TOKENS } from './chunk';
import { chunkRecords, type DatasetDocument, embeddingText } from './chunk-record';
import type { EmbeddedChunks } from './embedded-unit';

/** The tokens that a model puts around every input, [CLS] and [SEP] for the BERT family. */
const SPECIAL_TOKENS = 2;

/**
 * Cuts documents into chunks and embeds each with its context. Chunks are kept short enough for the encoder to see
 * them whole, also where `chunking` allows longer ones: of a longer chunk only the beginning could be found by meaning.
 * A text that the cache has, or that another chunk has too, is not embedded again. `tokens` are those of the chunks'
 * texts.
 */
export async function embedDocuments(
  documents: readonly DatasetDocument[],
  encoder: Pick<Encoder, 'identity' | 'limit' | 'countTokens' | 'encode'>,
  chunking: Chunking,
  options: { cache?: EmbeddingCache | undefined; signal: AbortSignal; report: Report },
): Promise<EmbeddedChunks & { tokens: number; embedded: number; fromCache: number }> {
  const maxTokens = Math.min(chunking.maxTokens, encoder.limit - SPECIAL_TOKENS - MAX_CONTEXT_TOKENS);
  const texts = documents.map(({ text }) => text);
  const cut = await chunkTexts(texts, { ...chunking, maxTokens }, (pieces) => encoder.countTokens(pieces));
  options.signal.throwIfAborted();
  const chunks = documents.flatMap((document, at) => chunkRecords(document, cut[at] ?? []));
  const encoded = await encodeOnce(chunks.map(embeddingText), encoder, options);
  const tokens = cut.flat().reduce((sum, chunk) => sum + chunk.tokens, 0);
  return { chunks, tokens, ...encoded };
}
