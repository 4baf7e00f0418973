import { mix } from './rolling-hash';

/** Seeds and factors of two hashes that share nothing: FNV-1a's, and those of the golden ratio. */
const SEEDS: readonly [number, number] = [0x811c9dc5 | 0, 0x9e3779b9 | 0];
const FACTORS = [0x01000193, 0x85ebca6b] as const;

/** Of one slot: both halves of the hash, the length, and the number plus one; 0 marks a free slot. */
const SLOT = 4;
const LEAST_SLOTS = 1 << 16;

/**
 * Numbers by words, which are looked up where they stand in a text: no string is made for a word that is known. Words
 * are told apart by 64 bits of hash and their length; of 150,000 words two meet once in a billion tables.
 */
export class WordTable {
  size = 0;
  private slots = new Int32Array(LEAST_SLOTS * SLOT);
  /** Where the word that was sought last would stand. */
  private slot = 0;
  private readonly hash = new Int32Array(2);

  /** The number of the word from `start` to `end` of `text`; -1 where it has none. */
  find(text: string, start: number, end: number): number {
    let [first, second] = SEEDS;
    for (let index = start; index < end; index++) {
      const code = text.charCodeAt(index);
      first = Math.imul(first ^ code, FACTORS[0]);
      second = Math.imul(second ^ code, FACTORS[1]);
      second ^= second >>> 15;
    }
    const { slots } = this;
    const mask = slots.length / SLOT - 1;
    const length = end - start;
    let slot = (mix(first ^ second) & mask) * SLOT;
    for (; slots[slot + 3] !== 0; slot = (slot + SLOT) & (slots.length - 1)) {
      if (slots[slot] === first && slots[slot + 1] === second && slots[slot + 2] === length) {
        return (slots[slot + 3] ?? 0) - 1;
      }
    }
    this.slot = slot;
    this.hash[0] = first;
    this.hash[1] = second;
    return -1;
  }

  /** Gives a number to the word that was sought last and was not found. @param number 0 to 2^31 - 2. */
  add(length: number, number: number): void {
    const { slots, slot } = this;
    slots[slot] = this.hash[0] ?? 0;
    slots[slot + 1] = this.hash[1] ?? 0;
    slots[slot + 2] = length;
    slots[slot + 3] = number + 1;
    if (++this.size * 2 * SLOT > slots.length) this.grow();
  }

  clear(): void {
    this.size = 0;
    this.slots.fill(0);
  }

  private grow(): void {
    const old = this.slots;
    this.slots = new Int32Array(old.length * 2);
    const mask = this.slots.length / SLOT - 1;
    for (let at = 0; at < old.length; at += SLOT) {
      if (old[at + 3] === 0) continue;
      let slot = (mix((old[at] ?? 0) ^ (old[at + 1] ?? 0)) & mask) * SLOT;
      while (this.slots[slot + 3] !== 0) slot = (slot + SLOT) & (this.slots.length - 1);
      this.slots.set(old.subarray(at, at + SLOT), slot);
    }
  }
}
