import { codePoints, isPlain, strip } from '../text/length';
import type { Words } from '../text/words';
import type { Ngrams } from './ngrams';
import type { Scores } from './scores';

/** How many of the parts occurred before, and their code points. */
export function duplicates(parts: readonly string[], plain: boolean): { count: number; chars: number } {
  const seen = new Set<string>();
  let [count, chars] = [0, 0];
  for (const part of parts) {
    if (seen.has(part)) {
      count++;
      chars += plain ? part.length : codePoints(part);
    } else seen.add(part);
  }
  return { count, chars };
}

/** Repeated paragraphs and lines (Gopher, Table A1). Returns true where the text needs no more statistics. */
export function repeatedLines(text: string, scores: Scores): boolean {
  const plain = isPlain(text);
  const length = plain ? text.length : codePoints(text);
  if (scores.wants('dup_para_frac') || scores.wants('dup_para_char_frac')) {
    const paragraphs = strip(text).split(/\n{2,}/);
    const repeated = duplicates(paragraphs, plain);
    if (scores.put('dup_para_frac', repeated.count / paragraphs.length)) return true;
    if (scores.put('dup_para_char_frac', repeated.chars / length)) return true;
  }
  if (scores.wants('dup_line_frac') || scores.wants('dup_line_char_frac')) {
    const lines = text.split(/\n+/);
    const repeated = duplicates(lines, plain);
    if (scores.put('dup_line_frac', repeated.count / lines.length)) return true;
    if (scores.put('dup_line_char_frac', repeated.chars / length)) return true;
  }
  return false;
}

const TOP = [2, 3, 4];
const REPEATED = [5, 6, 7, 8, 9, 10];

/** Repeated n-grams (Gopher, Table A1). `words` holds the tokens of `text`. Returns as `repeatedLines`. */
export function repeatedNgrams(text: string, words: Words, ngrams: Ngrams, scores: Scores): boolean {
  const length = codePoints(text);
  const top = TOP.filter((n) => scores.wants(`top_${n}_gram`));
  ngrams.load(words);
  for (const n of top) {
    const chars = ngrams.topChars(n);
    if (chars !== undefined && scores.put(`top_${n}_gram`, chars / length)) return true;
  }
  const repeated = REPEATED.filter((n) => scores.wants(`duplicated_${n}_n_grams`));
  if (repeated.length > 0) ngrams.loadJoined(words);
  for (const n of repeated) {
    if (scores.put(`duplicated_${n}_n_grams`, ngrams.duplicateChars(n) / length)) return true;
  }
  return false;
}
