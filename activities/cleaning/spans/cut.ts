import { codePoints, indexAfter } from '../text/length';
import type { Parts } from './parts';

/** A part of a text that was cut out of it. */
export interface Cut {
  /** Where it stood in the text as it was before, in code points. */
  start: number;
  text: string;
}

/** A text without some of its parts. */
export interface CutText {
  text: string;
  cuts: Cut[];
  /** Parts of it that were cut. */
  parts: number;
}

/** Which parts of a document stand in spans that are found elsewhere: the first parts of such spans. */
export interface FoundSpans {
  repeats: number[];
  firsts: number[];
}

/**
 * Cuts each part that lies in a repeated span out of a text, with the white space before it. What lies in the first
 * occurrence of a span that has others stays: of every such span one is left whole, also where others overlap it.
 * @param parts of this text. @param length of a span, in parts.
 */
export function cutSpans(text: string, parts: Parts, length: number, { repeats, firsts }: FoundSpans): CutText {
  const goes = new Uint8Array(parts.length);
  for (const first of repeats) goes.fill(1, first, first + length);
  for (const first of firsts) goes.fill(0, first, first + length);
  const kept: string[] = [];
  const cuts: Cut[] = [];
  let count = 0;
  // Up to where the text is dealt with, in UTF-16 units and in code points.
  let [done, points] = [0, 0];
  for (let part = 0; part < parts.length; part++) {
    if (goes[part] === 0) continue;
    const start = part === 0 ? 0 : parts.ends.at(part - 1);
    const before = part;
    while (part + 1 < parts.length && goes[part + 1] === 1) part++;
    // At the beginning the white space after the cut goes too, or the text would begin with it.
    const end = before === 0 && part + 1 < parts.length ? parts.starts.at(part + 1) : parts.ends.at(part);
    count += part + 1 - before;
    kept.push(text.slice(done, start));
    points += codePoints(text, done, start);
    cuts.push({ start: points, text: text.slice(start, end) });
    points += codePoints(text, start, end);
    done = end;
  }
  kept.push(text.slice(done));
  return { text: kept.join(''), cuts, parts: count };
}

/** The text as it was before `cuts`, in their order, were cut out of it. */
export function restoreSpans(text: string, cuts: readonly Cut[]): string {
  const whole: string[] = [];
  let [done, points] = [0, 0];
  for (const cut of cuts) {
    const start = indexAfter(text, done, cut.start - points);
    whole.push(text.slice(done, start), cut.text);
    points = cut.start + codePoints(cut.text, 0, cut.text.length);
    done = start;
  }
  whole.push(text.slice(done));
  return whole.join('');
}
