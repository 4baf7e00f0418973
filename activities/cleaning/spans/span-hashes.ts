import type { SpanRules } from '../../../schemas/recipes';
import { classOf, IDEOGRAPH, SEPARATOR, SPACE } from '../text/char-classes';
import { IntList } from '../text/growable';
import { mix } from '../text/rolling-hash';
import type { Words } from '../text/words';
import { Parts } from './parts';

/** Odd numbers with well spread bits, one for each half of a hash. */
const FACTORS = [0x85ebca6b, 0xc2b2ae35] as const;
const BLANK = 0x20;

/** Takes a number into one half of a hash; for a given hash no two numbers give the same. */
const take = (hash: number, value: number, factor: number): number => {
  const product = Math.imul(hash ^ value, factor);
  return product ^ (product >>> 15);
};

/**
 * Hashes the spans of texts: 64 bits that are equal for spans that are equal but for their white space, of which every
 * run counts as one blank. Case, punctuation and numbers count: what is cut stands letter for letter in another place.
 */
export class SpanHashes {
  private readonly parts: Parts;
  // By part: the halves of its hash, and its words.
  private readonly high = new IntList();
  private readonly low = new IntList();
  private readonly counts = new IntList();

  constructor(
    private readonly rules: SpanRules,
    words: Words,
  ) {
    this.parts = new Parts(rules.kind, words);
  }

  /** Calls back with each span that counts: the number of its first part, and the halves of its hash. */
  of(text: string, each: (first: number, high: number, low: number) => void): void {
    const { parts, high, low, counts } = this;
    const { length, minWords } = this.rules;
    parts.read(text);
    for (const list of [high, low, counts]) list.clear();
    for (let part = 0; part < parts.length; part++) this.hash(text, parts.starts.at(part), parts.ends.at(part));
    for (let first = 0; first + length <= parts.length; first++) {
      let [a, b, words] = [0, 0, 0];
      for (let part = first; part < first + length; part++) {
        a = take(take(a, high.at(part), FACTORS[0]), low.at(part), FACTORS[0]);
        b = take(take(b, low.at(part), FACTORS[1]), high.at(part), FACTORS[1]);
        words += counts.at(part);
      }
      if (words >= (minWords ?? 0)) each(first, mix(a), mix(b));
    }
  }

  private hash(text: string, start: number, end: number): void {
    let [a, b, words] = [0, 0, 0];
    let inWord = false;
    let blank = false;
    for (let index = start; index < end; index++) {
      const code = text.charCodeAt(index);
      const classes = classOf(code);
      if ((classes & SPACE) !== 0) {
        blank = true;
        inWord = false;
        continue;
      }
      if (blank) {
        a = take(a, BLANK, FACTORS[0]);
        b = take(b, BLANK, FACTORS[1]);
        blank = false;
      }
      a = take(a, code, FACTORS[0]);
      b = take(b, code, FACTORS[1]);
      // As for near duplicates: punctuation parts words, and a Chinese character or kana is a word of its own.
      if ((classes & SEPARATOR) !== 0) inWord = false;
      else if (!inWord || (classes & IDEOGRAPH) !== 0) {
        words++;
        inWord = (classes & IDEOGRAPH) === 0;
      }
    }
    this.high.push(mix(a));
    this.low.push(mix(b));
    this.counts.push(words);
  }
}
