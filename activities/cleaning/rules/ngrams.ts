import { IntList } from '../text/growable';
import { BASES, characterHash, INVERSES, mix } from '../text/rolling-hash';
import type { Words } from '../text/words';

const BLANK = characterHash(0x20);

/** The n-grams of a document by the hash of their text, counted without making that text. */
export class Ngrams {
  /** Rolling hash of the text before each token, for each base, and the power that takes its offset out again. */
  private readonly sums = [new IntList(), new IntList()] as const;
  private readonly unshift = [new IntList(), new IntList()] as const;
  /** Code points before each token, blanks between tokens not counted. */
  private readonly offsets = new IntList();
  private count = 0;
  private readonly seen = new HashCounts();

  /** Takes the tokens of a document; `blanks` joins them with a blank each, as against no space at all. */
  load(words: Words, blanks: boolean): void {
    this.count = words.tokens.length;
    for (const family of [0, 1] as const) this.loadSums(words, blanks, family);
    this.offsets.clear();
    let offset = 0;
    this.offsets.push(0);
    for (let index = 0; index < this.count; index++) {
      offset += words.chars.at(words.tokens.at(index));
      this.offsets.push(offset);
    }
  }

  private loadSums(words: Words, blanks: boolean, family: 0 | 1): void {
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
      if (blanks) {
        sum = (sum + Math.imul(BLANK, shift)) | 0;
        shift = Math.imul(shift, BASES[family]);
        back = Math.imul(back, INVERSES[family]);
      }
      sums.push(sum);
      unshift.push(back);
    }
  }

  private hash(family: 0 | 1, start: number, n: number): number {
    const sums = this.sums[family].values;
    return Math.imul((sums[start + n] ?? 0) - (sums[start] ?? 0), this.unshift[family].at(start));
  }

  private charsOf(start: number, n: number): number {
    return this.offsets.at(start + n) - this.offsets.at(start);
  }

  /**
   * Code points in all occurrences of the most common n-gram, its words joined with blanks; of equally common ones the
   * first counts. undefined where there is no n-gram. Load with `blanks`.
   */
  topChars(n: number): number | undefined {
    const last = this.count - n;
    if (last < 0) return undefined;
    this.seen.clear(last + 1);
    let most = 0;
    for (let start = 0; start <= last; start++) {
      most = Math.max(most, this.seen.add(this.hash(0, start, n), this.hash(1, start, n)));
    }
    for (let start = 0; start <= last; start++) {
      if (this.seen.countOf(this.hash(0, start, n), this.hash(1, start, n)) === most) {
        return (this.charsOf(start, n) + n - 1) * most;
      }
    }
    return undefined;
  }

  /**
   * Code points in n-grams that occurred before, its words joined without blanks: a repeated one is counted and
   * jumped over, so that none is counted twice. Load without `blanks`.
   */
  duplicateChars(n: number): number {
    const last = this.count - n;
    this.seen.clear(Math.max(0, last + 1));
    let chars = 0;
    for (let start = 0; start <= last;) {
      if (this.seen.add(this.hash(0, start, n), this.hash(1, start, n)) > 1) {
        chars += this.charsOf(start, n);
        start += n;
      } else start++;
    }
    return chars;
  }
}

/** Counts of 64-bit hashes, by open addressing; memory stays from one use to the next. */
class HashCounts {
  private slots = new Int32Array(0);
  private mask = 0;
  /** What was added in an earlier round is as good as absent: cheaper than emptying the slots. */
  private round = 0;

  /** Forgets all, and makes room for `most` different hashes. */
  clear(most: number): void {
    this.round++;
    let capacity = 1024;
    while (capacity < most * 2) capacity *= 2;
    // Four numbers a slot: round, both halves of the hash, count.
    if (capacity * 4 > this.slots.length) this.slots = new Int32Array(capacity * 4);
    this.mask = capacity - 1;
  }

  /** Adds a hash; returns how often it was added by now. */
  add(first: number, second: number): number {
    const slot = this.find(first, second);
    const { slots } = this;
    if (slots[slot] !== this.round) {
      slots[slot] = this.round;
      slots[slot + 1] = first;
      slots[slot + 2] = second;
      slots[slot + 3] = 0;
    }
    const count = (slots[slot + 3] ?? 0) + 1;
    slots[slot + 3] = count;
    return count;
  }

  countOf(first: number, second: number): number {
    const slot = this.find(first, second);
    return this.slots[slot] === this.round ? (this.slots[slot + 3] ?? 0) : 0;
  }

  private find(first: number, second: number): number {
    const { slots, mask, round } = this;
    let slot = mix(first ^ Math.imul(second, 0x9e3779b1)) & mask;
    while (slots[slot * 4] === round && (slots[slot * 4 + 1] !== first || slots[slot * 4 + 2] !== second)) {
      slot = (slot + 1) & mask;
    }
    return slot * 4;
  }
}
