import type { GuardReason } from '../../../schemas/guard';
import type { Reading } from '../normalise';

/** Words, and single Han characters, in lower case. */
export const piecesOf = (text: string): string[] =>
  text.toLowerCase().match(/\p{Script=Han}|[^\p{Script=Han}\P{L}]+|\p{N}+/gu) ?? [];

/** Pieces in a run: five words are rarely the same by chance. */
const RUN = 5;
/** A prompt is given away by this share of its runs, or by as many in one row. */
const SHARE = 0.3;
const ROW = 14;

/**
 * How much of a system prompt stands in an output: the share of its runs of five words, 0 to 1, and the longest row of them.
 */
export function overlap(output: string, prompt: string): { share: number; row: number } {
  const runs = (text: string) => {
    const pieces = piecesOf(text);
    return Array.from({ length: Math.max(0, pieces.length - RUN + 1) }, (_, at) =>
      pieces.slice(at, at + RUN).join(' '),
    );
  };
  const wanted = runs(prompt);
  const known = new Set(runs(output));
  let [row, longest, shared] = [0, 0, 0];
  for (const run of wanted) {
    row = known.has(run) ? row + 1 : 0;
    if (row > 0) shared += 1;
    longest = Math.max(longest, row);
  }
  return { share: wanted.length === 0 ? 0 : shared / wanted.length, row: longest === 0 ? 0 : longest + RUN - 1 };
}

/** Reasons against an output that gives the system prompt away, in any view of it. */
export function promptReasons({ views }: Reading, prompt: string): GuardReason[] {
  for (const { kind, text } of views) {
    const { share, row } = overlap(text, prompt);
    if (share < SHARE && row < ROW) continue;
    const weight = Math.min(1, 0.6 + share / 2);
    return [{ rule: 'system-prompt', why: 'repeats the system prompt', view: kind, weight }];
  }
  return [];
}
