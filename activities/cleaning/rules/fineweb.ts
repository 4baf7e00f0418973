import type { CleaningRules } from '../../../schemas/recipes';
import { classOf, TERMINAL } from '../text/char-classes';
import { codePoints, isPlain, skipSpace } from '../text/length';
import { duplicates } from './repetition';

/** Longest line, in code points, that counts as short. */
const SHORT_LINE = 30;

/**
 * The FineWeb quality rules as datatrove 0.10 has them, in its order, on lines that are not blank. `tokens` is the
 * number of all tokens. Returns the reason to drop the text, or undefined.
 */
export function finewebQuality(text: string, tokens: number, rules: CleaningRules): string | undefined {
  const plain = isPlain(text);
  const all = text.split('\n');
  const lines = all.filter((line) => skipSpace(line, 0, line.length) < line.length);
  if (lines.length === 0) return 'empty';

  let [ended, short] = [0, 0];
  for (const line of lines) {
    if ((classOf(lastCodePoint(line)) & TERMINAL) !== 0) ended++;
    if ((plain ? line.length : codePoints(line)) <= SHORT_LINE) short++;
  }
  const { minPunctuatedLines, maxShortLines, maxDuplicatedLineChars, maxNewlinesPerWord } = rules;
  if (minPunctuatedLines !== null && ended / lines.length < minPunctuatedLines) return 'line_punct_ratio';
  if (maxShortLines !== null && short / lines.length > maxShortLines) return 'short_line_ratio';
  const newlines = all.length - 1;
  if (maxDuplicatedLineChars !== null) {
    const chars = (plain ? text.length : codePoints(text)) - newlines;
    if (duplicates(lines, plain).chars / chars > maxDuplicatedLineChars) return 'char_dup_ratio';
  }
  if (maxNewlinesPerWord !== null && newlines / tokens > maxNewlinesPerWord) return 'list_ratio';
  return undefined;
}

function lastCodePoint(line: string): number {
  const unit = line.charCodeAt(line.length - 1);
  return (unit & 0xfc00) === 0xdc00 ? (line.codePointAt(line.length - 2) ?? unit) : unit;
}
