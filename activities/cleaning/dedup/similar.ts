import { readShingleCounts, readSketches, type UnitSignatures } from './signature-file';
import { containment, estimateSimilarity, SKETCH_WORDS } from './sketch';

/** When two documents that share a band are near duplicates. */
export interface NearThresholds {
  /** Least Jaccard similarity of their shingles. */
  similarity: number;
  /** Or: least share of the smaller one's shingles in the other, for a text wrapped or cut; null to leave this out. */
  containment: number | null;
}

/**
 * Similarity that containment needs beside it. Half a text has 0.5; below 0.4 lie quotations and shared boilerplate,
 * which are no duplicates.
 */
const LEAST_SIMILARITY = 0.4;

/** Bytes of sketches held at once: those of a million documents. */
const MOST_HELD = 256 * 1024 * 1024;

/**
 * Compares documents by their sketches, which are read unit by unit when they are first asked for, and forgotten when
 * there are too many, the longest unused first.
 */
export class Similar {
  private readonly sizes: Uint32Array;
  private readonly starts: number[] = [];
  private readonly held = new Map<number, Int32Array>();
  private heldBytes = 0;

  /** @param units all, in their order: a document's number counts through them. */
  constructor(
    private readonly units: readonly UnitSignatures[],
    private readonly thresholds: NearThresholds,
    private readonly mostHeld = MOST_HELD,
  ) {
    this.sizes = new Uint32Array(units.reduce((sum, unit) => sum + unit.count, 0));
    let start = 0;
    for (const unit of units) {
      this.starts.push(start);
      this.sizes.set(readShingleCounts(unit), start);
      start += unit.count;
    }
  }

  /** Whether two documents, by their numbers, are near duplicates by the thresholds. */
  areNear(a: number, b: number): boolean {
    const [left, right] = [this.sketchOf(a), this.sketchOf(b)];
    const similarity = estimateSimilarity(left.words, left.at, right.words, right.at);
    if (similarity >= this.thresholds.similarity) return true;
    if (this.thresholds.containment === null || similarity < LEAST_SIMILARITY) return false;
    return containment(similarity, this.sizes[a] ?? 0, this.sizes[b] ?? 0) >= this.thresholds.containment;
  }

  private sketchOf(number: number): { words: Int32Array; at: number } {
    let [low, high] = [0, this.starts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.starts[middle] ?? 0) <= number) low = middle;
      else high = middle - 1;
    }
    return { words: this.sketchesOf(low), at: (number - (this.starts[low] ?? 0)) * SKETCH_WORDS };
  }

  private sketchesOf(index: number): Int32Array {
    const held = this.held.get(index);
    if (held && this.heldBytes < this.mostHeld / 2) return held;
    const unit = this.units[index];
    const words = held ?? (unit ? readSketches(unit) : new Int32Array());
    // Last in the map is used last; while there is room for all, that order does not matter.
    this.held.delete(index);
    this.held.set(index, words);
    if (!held) this.heldBytes += words.byteLength;
    for (const [oldest, old] of this.held) {
      if (this.heldBytes <= this.mostHeld || oldest === index) break;
      this.held.delete(oldest);
      this.heldBytes -= old.byteLength;
    }
    return words;
  }
}
