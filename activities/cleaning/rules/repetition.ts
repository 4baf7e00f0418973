import type { CleaningRules } from '../../../schemas/recipes';
import { codePoints, isPlain, strip } from '../text/length';
import type { Words } from '../text/words';
import type { Ngrams } from './ngrams';

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

const above = (value: number, threshold: number | null): boolean => threshold !== null && value > threshold;

/** Repeated paragraphs and lines (Gopher, Table A1). Returns the reason to drop the text, or undefined. */
export function repeatedLines(text: string, rules: CleaningRules): string | undefined {
  const plain = isPlain(text);
  const length = plain ? text.length : codePoints(text);
  const paragraphs = strip(text).split(/\n{2,}/);
  const inParagraphs = duplicates(paragraphs, plain);
  if (above(inParagraphs.count / paragraphs.length, rules.maxDuplicateParagraphs)) return 'dup_para_frac';
  if (above(inParagraphs.chars / length, rules.maxDuplicateParagraphChars)) return 'dup_para_char_frac';
  const lines = text.split(/\n+/);
  const inLines = duplicates(lines, plain);
  if (above(inLines.count / lines.length, rules.maxDuplicateLines)) return 'dup_line_frac';
  if (above(inLines.chars / length, rules.maxDuplicateLineChars)) return 'dup_line_char_frac';
  return undefined;
}

/** Words in the shortest of the n-grams that the rule on the most common ones, and that on repeated ones, looks at. */
const FIRST_TOP = 2;
const FIRST_DUPLICATE = 5;

/** Repeated n-grams (Gopher, Table A1). `words` holds the tokens of `text`. */
export function repeatedNgrams(text: string, words: Words, ngrams: Ngrams, rules: CleaningRules): string | undefined {
  const length = codePoints(text);
  if (rules.maxTopNgramChars) {
    ngrams.load(words, true);
    for (const [index, most] of rules.maxTopNgramChars.entries()) {
      const chars = ngrams.topChars(FIRST_TOP + index);
      if (chars !== undefined && chars / length > most) return `top_${FIRST_TOP + index}_gram`;
    }
  }
  if (rules.maxDuplicateNgramChars) {
    ngrams.load(words, false);
    for (const [index, most] of rules.maxDuplicateNgramChars.entries()) {
      const n = FIRST_DUPLICATE + index;
      if (ngrams.duplicateChars(n) / length > most) return `duplicated_${n}_n_grams`;
    }
  }
  return undefined;
}
