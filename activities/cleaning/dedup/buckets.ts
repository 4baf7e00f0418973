import { mix } from '../text/rolling-hash';

/**
 * Documents of one key that are compared with a later one of the same key. Templates fill a bucket with thousands of
 * which no two are alike enough: comparing all with all would cost their square, and one alone would miss most.
 */
const MOST_COMPARED = 16;

/** For each 64-bit key, the first few documents that came with it and are not alike. */
export class Buckets {
  private keys: Int32Array;
  /** Number of the key's first document plus one; 0 marks a free slot. */
  private firsts: Float64Array;
  /** For each document the next in its bucket plus one; 0 for the last. */
  private readonly next: Uint32Array;
  private count = 0;
  private mask: number;

  /** @param documents numbered from 0. @param expected keys, about; more make it grow. */
  constructor(documents: number, expected: number) {
    let capacity = 1024;
    while (capacity < expected * 1.5) capacity *= 2;
    this.keys = new Int32Array(capacity * 2);
    this.firsts = new Float64Array(capacity);
    this.next = new Uint32Array(documents);
    this.mask = capacity - 1;
  }

  /** Forgets all keys and keeps the memory. */
  clear(): void {
    this.firsts.fill(0);
    this.next.fill(0);
    this.count = 0;
  }

  /**
   * Puts a document into the bucket of its key, unless one is there that it is `alike` to: then returns that one's
   * number, otherwise undefined.
   */
  put(high: number, low: number, number: number, alike: (first: number) => boolean): number | undefined {
    const slot = this.slotOf(high, low);
    if (this.firsts[slot] === 0) {
      this.insert(slot, high, low, number);
      return undefined;
    }
    const { found, last, compared } = this.search(slot, alike);
    if (found === undefined && compared < MOST_COMPARED) this.next[last] = number + 1;
    return found;
  }

  /** The first document of the key's bucket that is `alike`; changes nothing. */
  find(high: number, low: number, alike: (first: number) => boolean): number | undefined {
    const slot = this.slotOf(high, low);
    return this.firsts[slot] === 0 ? undefined : this.search(slot, alike).found;
  }

  private search(slot: number, alike: (first: number) => boolean) {
    let compared = 0;
    for (let at = (this.firsts[slot] ?? 0) - 1; ; at = (this.next[at] ?? 0) - 1) {
      compared++;
      if (alike(at)) return { found: at, last: at, compared };
      if (this.next[at] === 0) return { found: undefined, last: at, compared };
    }
  }

  private slotOf(high: number, low: number): number {
    let slot = mix(low ^ Math.imul(high, 0x9e3779b1)) & this.mask;
    while (this.firsts[slot] !== 0 && (this.keys[slot * 2] !== high || this.keys[slot * 2 + 1] !== low)) {
      slot = (slot + 1) & this.mask;
    }
    return slot;
  }

  private insert(slot: number, high: number, low: number, number: number): void {
    this.keys[slot * 2] = high;
    this.keys[slot * 2 + 1] = low;
    this.firsts[slot] = number + 1;
    if (++this.count * 4 > this.mask * 3) this.grow();
  }

  /** Slices of keys differ a little in size; one that outgrows its table is put into a larger one. */
  private grow(): void {
    const { keys, firsts } = this;
    this.keys = new Int32Array(keys.length * 2);
    this.firsts = new Float64Array(firsts.length * 2);
    this.mask = this.firsts.length - 1;
    firsts.forEach((first, old) => {
      if (first === 0) return;
      const [high, low] = [keys[old * 2] ?? 0, keys[old * 2 + 1] ?? 0];
      const slot = this.slotOf(high, low);
      this.keys[slot * 2] = high;
      this.keys[slot * 2 + 1] = low;
      this.firsts[slot] = first;
    });
  }
}
