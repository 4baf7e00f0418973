import { isSpace } from './char-classes';

const HIGH_SURROGATE = /[\ud800-\udbff]/;

/** Whether every character is one UTF-16 unit, so that `length` counts characters. */
export const isPlain = (text: string): boolean => !HIGH_SURROGATE.test(text);

/** Length of `text` in code points, from `start` to `end`. `text` has no lone surrogates. */
export function codePoints(text: string, start = 0, end = text.length): number {
  let count = end - start;
  for (let index = start; index < end; index++) if ((text.charCodeAt(index) & 0xfc00) === 0xd800) count--;
  return count;
}

/** Index after `count` code points of `text` from `index` on. */
export function indexAfter(text: string, index: number, count: number): number {
  let end = index + count;
  for (let at = index; at < end; at++) if ((text.charCodeAt(at) & 0xfc00) === 0xd800) end++;
  return end;
}

/** Index of the first character at or after `start` that is not white space to Python; `end` if there is none. */
export function skipSpace(text: string, start: number, end: number): number {
  let index = start;
  while (index < end && isSpace(text.charCodeAt(index))) index++;
  return index;
}

/** Index after the last character before `end` that is not white space; `start` if there is none. */
export function skipSpaceBack(text: string, start: number, end: number): number {
  let index = end;
  while (index > start && isSpace(text.charCodeAt(index - 1))) index--;
  return index;
}

/** As Python's `str.strip`. */
export function strip(text: string): string {
  const end = skipSpaceBack(text, 0, text.length);
  return text.slice(skipSpace(text, 0, end), end);
}
