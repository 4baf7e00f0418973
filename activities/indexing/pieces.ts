import { type Block, lines, type Span, splitBlocks } from './blocks';

/** Counts the tokens of each text, without the special tokens that a model adds to a whole input. */
export type CountTokens = (texts: readonly string[]) => Promise<ArrayLike<number>>;

/** What chunks are put together from: a heading, a sentence, a code block, or a part of one that is too long. */
export interface Piece extends Span {
  kind: 'heading' | 'sentence' | 'code' | 'part';
  path: readonly string[];
  /** Tokens, or a 16th of its characters where that is more. */
  weight: number;
}

/**
 * Characters that count as one token at least. Prose has about 4.5 a token and hardly a word above 16; a tokenizer
 * makes a single unknown token of a whole base64 blob, which must not become one endless chunk.
 */
export const MAX_CHARS_PER_TOKEN = 16;

/**
 * A sentence ends after `.!?…` before white space, unless a small letter follows ("e.g. this"), and after a full-width
 * stop anywhere. Not Intl.Segmenter: it takes 31 s for 1 MB (quadratic), ends a sentence at each line break, and its
 * rules change with the version of ICU, so that another Node would cut another index.
 */
const SENTENCE_END = /[.!?…]+["'”’)\]]*\s+(?!\p{Ll})|[。！？｡]+["'”’」』）)]*/gu;

/** A word with the space behind it; a character that is written without spaces between words is one by itself. */
const WORD =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{P}]\s*|[^\s\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{P}]+\s*/gu;

/** The weight of a piece that was not counted yet. */
const UNCOUNTED = Infinity;

/**
 * Cuts each text into pieces of at most `maxTokens`, in order, without blanks at their ends. All texts share the calls
 * of `count`: one for everything, and one for each finer level that something needs. What can not be cut any more (one
 * character of many tokens) is left as it is.
 */
export async function cutPieces(texts: readonly string[], maxTokens: number, count: CountTokens): Promise<Piece[][]> {
  let cut = texts.map((text) => splitBlocks(text).flatMap((block) => firstPieces(text, block)));
  for (;;) {
    const pending = cut.flatMap((pieces, at) =>
      pieces.filter(({ weight }) => weight === UNCOUNTED).map((piece) => ({ piece, content: slice(texts[at], piece) })),
    );
    if (pending.length === 0) return cut;
    const counts = await count(pending.map(({ content }) => content));
    pending.forEach(({ piece, content }, at) => {
      piece.weight = Math.max(counts[at] ?? 0, Math.ceil(content.length / MAX_CHARS_PER_TOKEN));
    });
    cut = cut.map((pieces, at) =>
      pieces.flatMap((piece) => (piece.weight > maxTokens ? finerPieces(texts[at] ?? '', piece) : [piece])),
    );
  }
}

function firstPieces(text: string, block: Block): Piece[] {
  if (block.kind !== 'prose') return piece(text, block, block.kind, block.path);
  return sentences(text, block).flatMap((span) => piece(text, span, 'sentence', block.path));
}

/** The next level below: lines of code, then words, then halves of a word. */
function finerPieces(text: string, { kind, path, ...span }: Piece): Piece[] {
  const parts = (spans: Span[]) => spans.flatMap((part) => piece(text, part, 'part', path));
  if (kind === 'code') {
    const byLine = parts([...lines(text, span)]);
    if (byLine.length > 1) return byLine;
  }
  const content = slice(text, span);
  const words = parts(
    [...content.matchAll(WORD)].map(({ index, 0: word }) => ({
      start: span.start + index,
      end: span.start + index + word.length,
    })),
  );
  if (words.length > 1) return words;
  const middle = middleOf(content);
  if (middle === 0) return [{ kind, path, ...span, weight: 0 }];
  return parts([
    { start: span.start, end: span.start + middle },
    { start: span.start + middle, end: span.end },
  ]);
}

function sentences(text: string, { start, end }: Span): Span[] {
  const spans: Span[] = [];
  let from = start;
  for (const { index, 0: stop } of text.slice(start, end).matchAll(SENTENCE_END)) {
    const to = start + index + stop.length;
    spans.push({ start: from, end: to });
    from = to;
  }
  spans.push({ start: from, end });
  return spans;
}

/** The piece of that range less the blanks at its ends; none where nothing is left. */
function piece(text: string, { start, end }: Span, kind: Piece['kind'], path: readonly string[]): Piece[] {
  const content = text.slice(start, end);
  const from = start + content.length - content.trimStart().length;
  const to = start + content.trimEnd().length;
  return from < to ? [{ kind, path, start: from, end: to, weight: UNCOUNTED }] : [];
}

/** Where to halve a word, never inside a surrogate pair; 0 where it is one character. */
function middleOf(word: string): number {
  const middle = word.length >> 1;
  const second = word.charCodeAt(middle);
  const insidePair = second >= 0xdc00 && second <= 0xdfff;
  return insidePair ? middle - 1 : middle;
}

const slice = (text = '', { start, end }: Span): string => text.slice(start, end);
