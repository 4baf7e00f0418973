import type { Chunking, Cut } from '../../schemas/chunking';
import { type Chunk, chunkTexts } from './chunk';
import { chunkRecords, type ChunkRecord, type DatasetDocument, embeddingText } from './chunk-record';
import { contextOf, MAX_CONTEXT_TOKENS, MAX_QUESTION_TOKENS } from './context';
import { cutFor } from './cut-rules';
import { chunkPairs } from './pairs';
import type { CountTokens } from './pieces';

/** A chunk with what the encoder is given for it. */
export interface EmbeddableChunk {
  record: ChunkRecord;
  embedded: string;
  /** Of its text. */
  tokens: number;
}

/** The tokens that a model puts around every input, [CLS] and [SEP] for the BERT family. */
const SPECIAL_TOKENS = 2;
/** Tokens of a document that is not cut: a whole article, and a bound on what one entry of the index can be. */
const WHOLE_TOKENS = 8_192;

/**
 * Cuts documents, each as the rules for its source say. Chunks are kept short enough for the encoder to see them whole,
 * also where `chunking` allows longer ones: of a longer chunk only the beginning could be found by meaning.
 * @param limit longest input of the encoder in tokens, the special ones included.
 * @returns the chunks of each document, in the order of the documents.
 */
export async function chunkDocuments(
  documents: readonly DatasetDocument[],
  chunking: Chunking,
  { limit, count }: { limit: number; count: CountTokens },
): Promise<EmbeddableChunk[][]> {
  const cuts = documents.map(({ source }) => cutFor(chunking, source));
  const chunks = documents.map((): EmbeddableChunk[] => []);
  for (const cut of new Set(cuts)) {
    const places = documents.flatMap((_document, at) => (cuts[at] === cut ? [at] : []));
    const own = places.map((at) => documents[at]).filter((document) => document !== undefined);
    for (const [place, made] of (await cutDocuments(own, cut, { limit, count })).entries()) {
      chunks[places[place] ?? 0] = made;
    }
  }
  return chunks;
}

/** Cuts documents in one way; `cutFor` gives the same object for all that are cut alike. */
async function cutDocuments(
  documents: readonly DatasetDocument[],
  cut: Cut,
  { limit, count }: { limit: number; count: CountTokens },
): Promise<EmbeddableChunk[][]> {
  const seen = limit - SPECIAL_TOKENS - MAX_CONTEXT_TOKENS;
  if (cut.kind === 'pairs') {
    const room = async (title: string, path: readonly string[]) => {
      const [tokens = 0] = Array.from(await count([questionOf(title, path)]));
      return limit - SPECIAL_TOKENS - tokens;
    };
    // What is no whole pair stands under a context that may be as long as a question.
    const maxTokens = Math.min(cut.maxTokens, limit - SPECIAL_TOKENS - MAX_QUESTION_TOKENS);
    const made = await chunkPairs(documents, { ...cut, maxTokens, room }, count);
    return documents.map((document, at) =>
      embeddable(document, made[at] ?? [], questionOf, ({ isPair }) => isPair && cut.embed === 'question'),
    );
  }
  const size =
    cut.kind === 'whole'
      ? { maxTokens: WHOLE_TOKENS, overlapSentences: 0 }
      : { ...cut, maxTokens: Math.min(cut.maxTokens, seen) };
  const made = await chunkTexts(
    documents.map(({ text }) => text),
    size,
    count,
  );
  return documents.map((document, at) => embeddable(document, made[at] ?? [], CONTEXTS[cut.context ?? 'headings']));
}

type ContextFor = (title: string, path: readonly string[]) => string;

const CONTEXTS: Record<'headings' | 'title' | 'none', ContextFor> = {
  headings: (title, path) => contextOf(title, path),
  title: (title) => contextOf(title, []),
  none: () => '',
};

const questionOf: ContextFor = (title, path) => contextOf(title, path, MAX_QUESTION_TOKENS);

function embeddable<C extends Chunk>(
  document: DatasetDocument,
  chunks: readonly C[],
  contextFor: ContextFor,
  byContextAlone: (chunk: C) => boolean = () => false,
): EmbeddableChunk[] {
  return chunkRecords(document, chunks, contextFor).map((record, at) => {
    const chunk = chunks[at];
    const embedded = chunk && byContextAlone(chunk) && record.context ? record.context : embeddingText(record);
    return { record, embedded, tokens: chunk?.tokens ?? 0 };
  });
}
