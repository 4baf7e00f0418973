import { skipSpace, skipSpaceBack } from '../text/length';
import { forEachLine } from '../text/lines';
import { HAS_LETTER, IS_WORD, STOP_SHIFT, type Words } from '../text/words';
import type { Scores } from './scores';

/**
 * The Gopher quality rules as datatrove 0.10 has them, in its order. `words` holds the tokens of `text`. Counts and
 * mean length of words leave out tokens of punctuation alone; shares are of all tokens; comparisons are strict.
 * Returns true where the text needs no more statistics.
 */
export function gopherQuality(text: string, words: Words, scores: Scores): boolean {
  const tokens = countTokens(words);
  if (scores.put('judged_words', tokens.words)) return true;
  if (scores.put('mean_word_length', tokens.wordChars / tokens.words)) return true;
  const symbols = countSymbols(text);
  if (scores.put('hashes_per_word', symbols.hashes / tokens.all)) return true;
  if (scores.put('ellipses_per_word', symbols.ellipses / tokens.all)) return true;
  const lines = countLines(text);
  if (scores.put('bullet_lines', lines.bullets / lines.all)) return true;
  if (scores.put('ellipsis_lines', lines.ellipses / lines.all)) return true;
  if (scores.put('alphabetic_words', tokens.withLetter / tokens.all)) return true;
  return scores.put('stop_words', tokens.stopWords);
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

/** Lines, those that begin with a bullet (`•`, `-`), and those that end in an ellipsis. */
function countLines(text: string): { all: number; bullets: number; ellipses: number } {
  const counts = { all: 0, bullets: 0, ellipses: 0 };
  forEachLine(text, (start, end) => {
    counts.all++;
    const first = skipSpace(text, start, end);
    const last = skipSpaceBack(text, first, end);
    if (first === last) return;
    const initial = text.charCodeAt(first);
    if (initial === 0x2022 || initial === 0x2d) counts.bullets++;
    if (text.charCodeAt(last - 1) === ELLIPSIS || (last - first >= 3 && text.startsWith('...', last - 3))) {
      counts.ellipses++;
    }
  });
  return counts;
}
