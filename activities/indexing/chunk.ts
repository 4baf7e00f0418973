import type { Span } from './blocks';
import { type CountTokens, cutPieces, MAX_CHARS_PER_TOKEN, type Piece } from './pieces';

/** A part of a document: `text.slice(start, end)`. */
export interface Chunk extends Span {
  /** Place among the chunks of its document, from 0. */
  ordinal: number;
  /** Headings that the chunk begins under, outermost first. */
  path: readonly string[];
  /** Tokens of the text, as far as they are known from its pieces. */
  tokens: number;
}

/** How many tokens a chunk has at most, and how many sentences of it the next one repeats. */
export interface ChunkSize {
  maxTokens: number;
  overlapSentences: number;
}

/**
 * Below this share of a full chunk a new heading does not begin a new chunk: a README of many two-line sections would
 * become as many chunks that say nothing by themselves.
 */
const SECTION_SHARE = 1 / 2;
/** Repeated sentences take at most this share of a chunk, so that overlap never crowds out what is new. */
const OVERLAP_SHARE = 1 / 2;

/**
 * Cuts Markdown or plain text into chunks of whole sentences, list items and code blocks where these fit.
 *
 * The chunks of a document cover every character that is not blank, in order, and none has more than `maxTokens`
 * tokens, provided that tokens of neighbours add up, as they do for tokenizers that split at white space and
 * punctuation first. A chunk does not end with a heading unless the document does. The last `overlapSentences` whole
 * sentences are repeated in the next chunk of the same section.
 *
 * The same input gives the same chunks everywhere. `count` is called once for all texts together, and again only where
 * a single sentence or code block is too long.
 */
export async function chunkTexts(texts: readonly string[], size: ChunkSize, count: CountTokens): Promise<Chunk[][]> {
  const cut = await cutPieces(texts, size.maxTokens, count);
  return cut.map((pieces) => packPieces(pieces, size));
}

/** Puts pieces that follow each other together to chunks; see `chunkTexts`. */
export function packPieces(pieces: readonly Piece[], { maxTokens, overlapSentences }: ChunkSize): Chunk[] {
  // sums[i] is the weight of all pieces before i, so that any range is weighed at once.
  const sums = [0];
  for (const { weight } of pieces) sums.push((sums.at(-1) ?? 0) + weight);
  const weigh = (from: number, to: number) => (sums[to] ?? 0) - (sums[from] ?? 0);
  const chars = (from: number, to: number) => (pieces[to - 1]?.end ?? 0) - (pieces[from]?.start ?? 0);
  const fits = (from: number, to: number) =>
    weigh(from, to) <= maxTokens && chars(from, to) <= maxTokens * MAX_CHARS_PER_TOKEN;

  const chunks: Chunk[] = [];
  let from = 0;
  let fresh = 0; // the first piece that no chunk has yet
  while (fresh < pieces.length) {
    let to = fresh + 1;
    while (to < pieces.length && fits(from, to + 1)) {
      if (pieces[to]?.kind === 'heading' && weigh(from, to) >= maxTokens * SECTION_SHARE) break;
      to += 1;
    }
    // A heading belongs to what comes below it.
    while (to < pieces.length && to > fresh + 1 && pieces[to - 1]?.kind === 'heading') to -= 1;
    const [first, last] = [pieces[from], pieces[to - 1]];
    if (!first || !last) break;
    chunks.push({
      ordinal: chunks.length,
      start: first.start,
      end: last.end,
      path: first.path,
      tokens: weigh(from, to),
    });
    from = overlapStart(pieces, to, overlapSentences);
    if (weigh(from, to) > maxTokens * OVERLAP_SHARE || !fits(from, to + 1)) from = to;
    fresh = to;
  }
  return chunks;
}

/** The first of up to `sentences` whole sentences that stand right before piece `to`, in the same section. */
function overlapStart(pieces: readonly Piece[], to: number, sentences: number): number {
  const section = pieces[to]?.path;
  let from = to;
  while (from > 0 && to - from < sentences) {
    const before = pieces[from - 1];
    if (before?.kind !== 'sentence' || before.path !== section) break;
    from -= 1;
  }
  return from;
}
