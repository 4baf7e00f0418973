import { IntList } from '../text/growable';
import type { Words } from '../text/words';
import { HashCounts } from './hash-counts';

/** Odd numbers that tell the places of words in an n-gram apart. */
const PLACES = [0x9e3779b1, 0x85ebca6b, 0xc2b2ae35, 0x27d4eb2f] as const;

/** The n-grams of a document by the hash of their text, counted without making that text. */
export class Ngrams {
  /** For each base: the hash of each token, in the order of the text. */
  private readonly hashes = [new IntList(), new IntList()] as const;
  /** Rolling hash of the text before each token, for each base, and the power that takes its offset out again. */
  private readonly sums = [new IntList(), new IntList()] as const;
  private readonly unshift = [new IntList(), new IntList()] as const;
  /** Code points before each token, blanks between tokens not counted. */
  private readonly offsets = new IntList();
  private count = 0;
  private readonly seen = new HashCounts();
  /** Where the n-gram of each slot of `seen` stood first. */
  private firsts = new Int32Array(0);

  /** Takes the tokens of a document, for `topChars`. */
  load(words: Words): void {
    const { tokens, chars } = words;
    this.count = tokens.length;
    const lists = [this.offsets, ...this.hashes];
    for (const list of lists) list.clear();
    let offset = 0;
    this.offsets.push(0);
    for (let index = 0; index < this.count; index++) {
      const token = tokens.at(index);
      this.offsets.push((offset += chars.at(token)));
      this.hashes[0].push(words.hashes[0].at(token));
      this.hashes[1].push(words.hashes[1].at(token));
    }
  }

  /** Takes the same tokens as one text without blanks, for what is counted of repeated n-grams. */
  loadJoined(words: Words): void {
    for (const family of [0, 1] as const) {
      const [sums, unshift] = [this.sums[family], this.unshift[family]];
      let [sum, shift, back] = [0, 1, 1];
      sums.clear();
      unshift.clear();
      sums.push(sum);
      unshift.push(back);
      for (let index = 0; index < this.count; index++) {
        const token = words.tokens.at(index);
        sum = (sum + Math.imul(words.hashes[family].at(token), shift)) | 0;
        shift = Math.imul(shift, words.powers[family].at(token));
        back = Math.imul(back, words.inverses[family].at(token));
        sums.push(sum);
        unshift.push(back);
      }
    }
  }

  private joined(family: 0 | 1, start: number, n: number): number {
    const sums = this.sums[family].values;
    return Math.imul((sums[start + n] ?? 0) - (sums[start] ?? 0), this.unshift[family].at(start));
  }

  private charsOf(start: number, n: number): number {
    return this.offsets.at(start + n) - this.offsets.at(start);
  }

  /**
   * Code points in all occurrences of the most common n-gram, its words joined with blanks; of equally common ones the
   * first counts. undefined where there is no n-gram. @param n 2 to 4.
   */
  topChars(n: number): number | undefined {
    const last = this.count - n;
    if (last < 0) return undefined;
    const [first, second] = [this.hashes[0].values, this.hashes[1].values];
    this.seen.clear(last + 1);
    if (this.firsts.length < this.seen.capacity) this.firsts = new Int32Array(this.seen.capacity);
    let most = 0;
    let best = 0;
    for (let start = 0; start <= last; start++) {
      let high = 0;
      let low = 0;
      for (let word = 0; word < n; word++) {
        // Words hold no blanks, so that equal texts are equal sequences of words.
        high = (high + Math.imul(first[start + word] ?? 0, PLACES[word] ?? 1)) | 0;
        low = (low + Math.imul(second[start + word] ?? 0, PLACES[word] ?? 1)) | 0;
      }
      const slot = this.seen.add(high, low);
      const count = this.seen.count(slot);
      if (count === 1) this.firsts[slot] = start;
      const from = this.firsts[slot] ?? start;
      if (count < most || (count === most && from >= best)) continue;
      most = count;
      best = from;
    }
    return (this.charsOf(best, n) + n - 1) * most;
  }

  /**
   * Code points in n-grams that occurred before, its words joined without blanks: a repeated one is counted and
   * jumped over, so that none is counted twice.
   */
  duplicateChars(n: number): number {
    const last = this.count - n;
    this.seen.clear(Math.max(0, last + 1));
    let chars = 0;
    for (let start = 0; start <= last;) {
      if (this.repeats(start, n)) {
        chars += this.charsOf(start, n);
        start += n;
      } else start++;
    }
    return chars;
  }

  private repeats(start: number, n: number): boolean {
    const slot = this.seen.add(this.joined(0, start, n), this.joined(1, start, n));
    return this.seen.count(slot) > 1;
  }
}
