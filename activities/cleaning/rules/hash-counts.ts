import { mix } from '../text/rolling-hash';

/** Of one slot: round, both halves of the hash, count. */
const SLOT = 4;

/** Counts of 64-bit hashes, by open addressing; memory stays from one use to the next. */
export class HashCounts {
  private slots = new Int32Array(0);
  private mask = 0;
  /** What was added in an earlier round is as good as absent: cheaper than emptying the slots. */
  private round = 0;

  /** Forgets all, and makes room for `most` different hashes. */
  clear(most: number): void {
    this.round++;
    let capacity = 1024;
    while (capacity < most * 2) capacity *= 2;
    if (capacity * SLOT > this.slots.length) this.slots = new Int32Array(capacity * SLOT);
    this.mask = capacity - 1;
  }

  /** The slot of a hash, counted once more; slots are numbered from 0 up to the room that was made, times two. */
  add(first: number, second: number): number {
    const { slots, mask, round } = this;
    let slot = mix(first ^ Math.imul(second, 0x9e3779b1)) & mask;
    for (let at = slot * SLOT; slots[at] === round; at = slot * SLOT) {
      if (slots[at + 1] === first && slots[at + 2] === second) {
        slots[at + 3] = (slots[at + 3] ?? 0) + 1;
        return slot;
      }
      slot = (slot + 1) & mask;
    }
    const at = slot * SLOT;
    slots[at] = round;
    slots[at + 1] = first;
    slots[at + 2] = second;
    slots[at + 3] = 1;
    return slot;
  }

  /** How often the hash of a slot was added. */
  count(slot: number): number {
    return this.slots[slot * SLOT + 3] ?? 0;
  }

  /** How many slots there are. */
  get capacity(): number {
    return this.mask + 1;
  }
}
