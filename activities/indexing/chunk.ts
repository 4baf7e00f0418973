import type { Chunking } from '../../schemas/rebuild-index';
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
export async function chunkTexts(texts: readonly string[], chunking: Chunking, count: CountTokens): Promise<Chunk[][]> {
  const cut = await cutPieces(texts, chunking.maxTokens, count);
  return cut.map((pieces) => pack(pieces, chunking));
}

function pack(pieces: readonly Piece[], { maxTokens, overlapSentences }: Chunking): Chunk[] {
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

/** Longest contextual prefix, about: with a default chunk and the special tokens it fits the 256 that MiniLM sees. */
export const MAX_CONTEXT_TOKENS = 54;
/** Characters of an ordinary token of Latin letters; of Chinese, Japanese and Korean each is a token. */
const CHARS_PER_TOKEN = 4;
const TOKEN_BY_ITSELF =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}]/u;

/**
 * What a chunk says about where it stands: title and headings. Embedded before the text and indexed beside it, since a
 * chunk alone often does not name its subject (contextual retrieval). Its length is estimated, not counted, so that it
 * does not depend on the encoder.
 */
export function contextOf(title: string, path: readonly string[]): string {
  const parts = [title, ...path]
    .map((part) => part.trim())
    .filter((part, at, all) => part !== '' && part !== all[at - 1]);
  let tokens = 0;
  let kept = '';
  // What is too long loses its end: the title says what it is about.
  for (const char of parts.join(' > ')) {
    tokens += TOKEN_BY_ITSELF.test(char) ? 1 : 1 / CHARS_PER_TOKEN;
    if (tokens > MAX_CONTEXT_TOKENS) break;
    kept += char;
  }
  return kept.trimEnd();
}
