import { classOf, TERMINAL } from '../text/char-classes';
import { codePoints, isPlain, skipSpace } from '../text/length';
import { duplicates } from './repetition';
import type { Scores } from './scores';

/** Longest line, in code points, that counts as short. */
const SHORT_LINE = 30;

/**
 * The FineWeb quality rules as datatrove 0.10 has them, in its order, on lines that are not blank. `tokens` is the
 * number of all tokens. Returns true where the text needs no more statistics.
 */
export function finewebQuality(text: string, tokens: number, scores: Scores): boolean {
  const plain = isPlain(text);
  const all = text.split('\n');
  const lines = all.filter((line) => skipSpace(line, 0, line.length) < line.length);
  if (scores.put('text_lines', lines.length)) return true;

  let [ended, short] = [0, 0];
  for (const line of lines) {
    if ((classOf(lastCodePoint(line)) & TERMINAL) !== 0) ended++;
    if ((plain ? line.length : codePoints(line)) <= SHORT_LINE) short++;
  }
  if (scores.put('punctuated_lines', ended / lines.length)) return true;
  if (scores.put('short_lines', short / lines.length)) return true;
  const newlines = all.length - 1;
  if (scores.wants('duplicated_line_chars')) {
    const chars = (plain ? text.length : codePoints(text)) - newlines;
    if (scores.put('duplicated_line_chars', duplicates(lines, plain).chars / chars)) return true;
  }
  return scores.put('newlines_per_word', newlines / tokens);
}

function lastCodePoint(line: string): number {
  const unit = line.charCodeAt(line.length - 1);
  return (unit & 0xfc00) === 0xdc00 ? (line.codePointAt(line.length - 2) ?? unit) : unit;
}
