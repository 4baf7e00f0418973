import { mix } from '../text/rolling-hash';

/** Of one slot: unit plus one, both halves of the hash, ordinal, first part; the top bit of the unit marks what was told. */
const SLOT = 5;
const TOLD = 1 << 31;

/** Where a span stands: in which unit, which document of it, and at which part. */
export interface Place {
  unit: number;
  ordinal: number;
  first: number;
}

/** Remembers where each of many spans stood first, by the 64 bits of its hash. */
export class FirstSpans {
  private slots = new Int32Array(SLOT * 4096);
  private count = 0;

  private get mask(): number {
    return this.slots.length / SLOT - 1;
  }

  /**
   * Remembers the place of a span that was not seen before, and returns false. For another of a known span it returns
   * true, and the first time also calls back with where the known one stands.
   */
  has(high: number, low: number, place: Place, repeated: (first: Place) => void): boolean {
    const at = this.find(high, low);
    const unit = this.slots[at] ?? 0;
    if (unit === 0) {
      this.slots.set([place.unit + 1, high, low, place.ordinal, place.first], at);
      if (++this.count * 2 > this.mask) this.grow();
      return false;
    }
    if ((unit & TOLD) === 0) {
      repeated({ unit: unit - 1, ordinal: this.slots[at + 3] ?? 0, first: this.slots[at + 4] ?? 0 });
      this.slots[at] = unit | TOLD;
    }
    return true;
  }

  /** The slot of a hash, or the free one where it would stand. */
  private find(high: number, low: number): number {
    const { slots, mask } = this;
    let slot = mix(low ^ Math.imul(high, 0x9e3779b1)) & mask;
    for (let at = slot * SLOT; slots[at] !== 0; at = slot * SLOT) {
      if (slots[at + 1] === high && slots[at + 2] === low) return at;
      slot = (slot + 1) & mask;
    }
    return slot * SLOT;
  }

  private grow(): void {
    const { slots } = this;
    this.slots = new Int32Array(slots.length * 2);
    for (let old = 0; old < slots.length; old += SLOT) {
      if (slots[old] === 0) continue;
      const at = this.find(slots[old + 1] ?? 0, slots[old + 2] ?? 0);
      this.slots.set(slots.subarray(old, old + SLOT), at);
    }
  }
}
