import { readLengths, type UnitSignatures } from './signature-file';
import type { UnionFind } from './union-find';

/**
 * For each document, how large its cluster is and which of it stays. One of an earlier dataset stands before all
 * others; then the longest; of equally long ones the first in the order of the source.
 */
export class Survivors {
  /** Clusters of two or more. */
  clusters = 0;
  private readonly sizes: Uint32Array;
  private readonly best: Uint32Array;

  /** @param earlier documents, from the first, that are of earlier datasets. @param total of all documents. */
  constructor(
    private readonly sets: UnionFind,
    units: readonly UnitSignatures[],
    earlier: number,
    total: number,
  ) {
    this.sizes = new Uint32Array(total);
    this.best = new Uint32Array(total);
    const longest = new Uint32Array(total);
    let number = 0;
    for (const unit of units) {
      for (const length of readLengths(unit)) {
        const root = sets.find(number);
        this.sizes[root] = (this.sizes[root] ?? 0) + 1;
        if (this.sizes[root] === 2) this.clusters++;
        // The root is the least number of the set, so a set with an earlier document has one for its root.
        const displaces = root >= earlier && length > (longest[root] ?? 0);
        if (this.sizes[root] === 1 || displaces) {
          longest[root] = length;
          this.best[root] = number;
        }
        number++;
      }
    }
  }

  sizeOf(number: number): number {
    return this.sizes[this.sets.find(number)] ?? 1;
  }

  of(number: number): number {
    return this.best[this.sets.find(number)] ?? number;
  }
}
