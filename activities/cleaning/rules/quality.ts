import type { CleaningRules } from '../../../schemas/recipes';
import { skipSpace, skipSpaceBack } from '../text/length';
import { HAS_LETTER, IS_WORD, STOP_SHIFT, type Words } from '../text/words';

/**
 * The Gopher quality rules as datatrove 0.10 has them, in its order. `words` holds the tokens of `text`. Counts and
 * mean length of words leave out tokens of punctuation alone; shares are of all tokens; comparisons are strict.
 * Returns the reason to drop the text, or undefined.
 */
export function gopherQuality(text: string, words: Words, rules: CleaningRules): string | undefined {
  const tokens = countTokens(words);
  const meanLength = tokens.wordChars / tokens.words;
  const below = (value: number, threshold: number | null) => threshold !== null && value < threshold;
  const above = (value: number, threshold: number | null) => threshold !== null && value > threshold;

  if (below(tokens.words, rules.minWords)) return 'gopher_short_doc';
  if (above(tokens.words, rules.maxWords)) return 'gopher_long_doc';
  if (below(meanLength, rules.minMeanWordLength)) return 'gopher_below_avg_threshold';
  if (above(meanLength, rules.maxMeanWordLength)) return 'gopher_above_avg_threshold';
  const symbols = countSymbols(text);
  if (above(symbols.hashes / tokens.all, rules.maxHashesPerWord)) return 'gopher_too_many_hashes';
  if (above(symbols.ellipses / tokens.all, rules.maxEllipsesPerWord)) return 'gopher_too_many_ellipsis';
  const lines = countLines(text);
  if (above(lines.bullets / lines.all, rules.maxBulletLines)) return 'gopher_too_many_bullets';
  if (above(lines.ellipses / lines.all, rules.maxEllipsisLines)) return 'gopher_too_many_end_ellipsis';
  if (below(tokens.withLetter / tokens.all, rules.minAlphabeticWords)) return 'gopher_below_alpha_threshold';
  if (below(tokens.stopWords, rules.minStopWords)) return 'gopher_enough_stop_words';
  return undefined;
}

interface TokenCounts {
  all: number;
  words: number;
  wordChars: number;
  withLetter: number;
  /** Different ones. */
  stopWords: number;
}

export function countTokens({ tokens, chars, flags }: Words): TokenCounts {
  let [words, wordChars, withLetter, stops] = [0, 0, 0, 0];
  for (let index = 0; index < tokens.length; index++) {
    const token = tokens.at(index);
    const flag = flags.at(token);
    if ((flag & IS_WORD) !== 0) {
      words++;
      wordChars += chars.at(token);
    }
    if ((flag & HAS_LETTER) !== 0) withLetter++;
    stops |= flag >>> STOP_SHIFT;
  }
  let stopWords = 0;
  for (; stops !== 0; stops &= stops - 1) stopWords++;
  return { all: tokens.length, words, wordChars, withLetter, stopWords };
}

const HASH = 0x23;
const DOT = 0x2e;
const ELLIPSIS = 0x2026;

/** Number signs, and ellipses (`…`, or three dots that are part of no other three). */
function countSymbols(text: string): { hashes: number; ellipses: number } {
  let [hashes, ellipses, dots] = [0, 0, 0];
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      if (++dots === 3) {
        ellipses++;
        dots = 0;
      }
      continue;
    }
    dots = 0;
    if (code === HASH) hashes++;
    else if (code === ELLIPSIS) ellipses++;
  }
  return { hashes, ellipses };
}

/** What Python's `str.splitlines` ends a line at, besides `\r\n` as one. */
const isLineEnd = (code: number): boolean =>
  (code >= 0x0a && code <= 0x0d) ||
  (code >= 0x1c && code <= 0x1e) ||
  code === 0x85 ||
  code === 0x2028 ||
  code === 0x2029;

/** Lines, those that begin with a bullet (`•`, `-`), and those that end in an ellipsis. */
function countLines(text: string): { all: number; bullets: number; ellipses: number } {
  const counts = { all: 0, bullets: 0, ellipses: 0 };
  const line = (start: number, end: number) => {
    counts.all++;
    const first = skipSpace(text, start, end);
    const last = skipSpaceBack(text, first, end);
    if (first === last) return;
    const initial = text.charCodeAt(first);
    if (initial === 0x2022 || initial === 0x2d) counts.bullets++;
    if (text.charCodeAt(last - 1) === ELLIPSIS || (last - first >= 3 && text.startsWith('...', last - 3))) {
      counts.ellipses++;
    }
  };
  let start = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (!isLineEnd(code)) continue;
    line(start, index);
    if (code === 0x0d && text.charCodeAt(index + 1) === 0x0a) index++;
    start = index + 1;
  }
  if (start < text.length) line(start, text.length);
  return counts;
}
