/** A word, or a single Han character, in lower case, and where it begins in the text. */
export interface Piece {
  text: string;
  at: number;
}

/** Pieces of a text: letters in a row, digits in a row, single Han characters. */
export function piecesAt(text: string): Piece[] {
  const pieces: Piece[] = [];
  for (const match of text.matchAll(/\p{Script=Han}|[^\p{Script=Han}\P{L}]+|\p{N}+/gu)) {
    pieces.push({ text: match[0].toLowerCase(), at: match.index });
  }
  return pieces;
}

/** Pieces in a window, and between the beginnings of two: every run of 48 lies in one whole. */
export const WINDOW = 96;
export const STRIDE = 48;

/** Windows over `length` pieces, as their first and the one behind their last; one even of nothing. */
export function windowsOf(length: number): { from: number; to: number }[] {
  const windows = [{ from: 0, to: Math.min(WINDOW, length) }];
  for (let from = STRIDE; from + WINDOW - STRIDE < length; from += STRIDE) {
    windows.push({ from, to: Math.min(from + WINDOW, length) });
  }
  return windows;
}
