import { hash } from 'node:crypto';
import type { GroupedWriter } from '../grouped-lines';
import type { Slice } from './plan-types';

/** Slices in one unit at most: a unit of ten thousand tiny files would be slower than its bytes tell. */
const MOST_SLICES = 2_000;
/** A unit that others follow has at least this share of the bytes, or of the slices, that it may have. */
const LEAST_SHARE = 0.5;

interface Waiting {
  slice: Slice;
  bytes: number;
  /** As good as random, and the same wherever and whenever the slice is met. */
  mark: string;
}

/**
 * Puts slices into units: many small ones together, a large one alone, never out of order.
 *
 * Where a unit ends is told by the names of the files around it and not by how much stands before it, as in
 * content-defined chunking: of the slices in the second half of what fits, it ends after the one whose name has the
 * least hash. A file that is added, changed or removed moves the ends near it, 1.6 units on average, until both ways of
 * cutting choose the same end again; cut by bytes alone, all units behind it would be others. It costs a third more units.
 */
export class UnitPacker {
  private waiting: Waiting[] = [];
  private bytes = 0;

  /** @param unitBytes bytes of a unit at most, but for one that is a single larger slice. */
  constructor(
    private readonly writer: Pick<GroupedWriter, 'add' | 'endGroup'>,
    private readonly unitBytes: number,
  ) {}

  add(slice: Slice): void {
    // What is packed grows when it is read, nobody knows how much: it gets a unit of its own.
    const bytes = slice.packing === 'plain' ? slice.end - slice.start : this.unitBytes;
    const mark = markOf(slice);
    // Nothing has room beside it: whatever stands before, the unit ends here.
    if (bytes >= this.unitBytes) {
      this.end();
      this.write([{ slice, bytes, mark }]);
      return;
    }
    while (this.waiting.length > 0 && (this.bytes + bytes > this.unitBytes || this.waiting.length >= MOST_SLICES)) {
      this.endOne();
    }
    this.waiting.push({ slice, bytes, mark });
    this.bytes += bytes;
  }

  /** Makes what is left a unit. */
  end(): void {
    this.write(this.waiting.splice(0));
    this.bytes = 0;
  }

  private endOne(): void {
    const unit = this.waiting.splice(0, this.bestEnd());
    this.bytes -= unit.reduce((sum, { bytes }) => sum + bytes, 0);
    this.write(unit);
  }

  /** How many of those that wait belong to the unit that ends. */
  private bestEnd(): number {
    let [bytes, best, least] = [0, this.waiting.length, ''];
    for (const [index, { mark, bytes: its }] of this.waiting.entries()) {
      bytes += its;
      const isEnough = bytes >= this.unitBytes * LEAST_SHARE || index + 1 >= MOST_SLICES * LEAST_SHARE;
      if (isEnough && (least === '' || mark < least)) [best, least] = [index + 1, mark];
    }
    return best;
  }

  private write(unit: readonly Waiting[]): void {
    if (unit.length === 0) return;
    for (const { slice } of unit) this.writer.add(slice);
    this.writer.endGroup();
  }
}

const markOf = ({ path, start }: Slice): string => hash('sha256', `${path}\n${start}`);
