import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import type { Report } from '../../kit/heartbeat';
import { mix } from '../text/rolling-hash';
import { COLUMN_COUNT, COLUMNS, readColumn, writeAll, type UnitSignatures } from './signature-file';
import { UnionFind } from './union-find';

/** Pairs of documents that are duplicates: two 32-bit numbers each. */
export const EDGES = 'edges.bin';
/** Pairs of documents with the same id, the later of them second. */
export const SAME_IDS = 'same-ids.bin';

/** Documents whose keys are held at once: some 300 MB. More are matched slice by slice of the keys' values. */
const MOST_AT_ONCE = 8_000_000;

export interface MatchTask {
  /** All units, in their order: a document's number counts through them. */
  units: UnitSignatures[];
  /** Which share of the columns to take. */
  part: number;
  parts: number;
  exact: boolean;
  near: boolean;
  /** Empty folder for the result. */
  dir: string;
  /** For tests: as `MOST_AT_ONCE`. */
  mostAtOnce?: number;
}

/**
 * Finds documents with an equal key in a column of the share, and writes them as pairs with the first that has it.
 * A pair that follows from those before it is left out. Every collision of a band is a pair, as in datatrove: no
 * check of the true similarity follows.
 */
export function match(task: MatchTask, report: Report): { pairs: number } {
  const { units, part, parts, exact, near, dir } = task;
  const columns = Array.from({ length: COLUMN_COUNT }, (_, column) => column)
    .filter((column) => column % parts === part)
    .filter((column) => column === COLUMNS.id || (column === COLUMNS.exact ? exact : near));
  const total = units.reduce((sum, unit) => sum + unit.count, 0);
  const sets = new UnionFind(total);
  const edges = new PairWriter(path.join(dir, EDGES));
  const sameIds = new PairWriter(path.join(dir, SAME_IDS));
  const slices = Math.max(1, Math.ceil(total / (task.mostAtOnce ?? MOST_AT_ONCE)));
  try {
    columns.forEach((column, done) => {
      for (let slice = 0; slice < slices; slice++) {
        forEachRepeat(units, column, slice, slices, total, (first, later) => {
          if (column === COLUMNS.id) sameIds.add(first, later);
          else if (sets.join(first, later)) edges.add(first, later);
        });
        report(done * slices + slice + 1, columns.length * slices);
      }
    });
  } finally {
    edges.close();
    sameIds.close();
  }
  return { pairs: edges.count };
}

/** Calls back for every document whose key of `column` an earlier one has, with the first that has it. */
function forEachRepeat(
  units: UnitSignatures[],
  column: number,
  slice: number,
  slices: number,
  total: number,
  found: (first: number, later: number) => void,
): void {
  const seen = new FirstSeen(Math.ceil(total / slices));
  let base = 0;
  for (const unit of units) {
    const keys = readColumn(unit, column);
    for (let index = 0; index < unit.count; index++) {
      const [high, low] = [keys[index * 2] ?? 0, keys[index * 2 + 1] ?? 0];
      if ((high === 0 && low === 0) || (high >>> 0) % slices !== slice) continue;
      const first = seen.put(high, low, base + index);
      if (first !== base + index) found(first, base + index);
    }
    base += unit.count;
  }
}

/** Remembers for each key the number it came with first. */
class FirstSeen {
  private keys: Int32Array;
  /** Number plus one; 0 marks a free slot. */
  private numbers: Float64Array;
  private count = 0;
  private mask: number;

  constructor(expected: number) {
    let capacity = 1024;
    while (capacity < expected * 1.5) capacity *= 2;
    this.keys = new Int32Array(capacity * 2);
    this.numbers = new Float64Array(capacity);
    this.mask = capacity - 1;
  }

  /** The number that the key came with first, which may be this. */
  put(high: number, low: number, number: number): number {
    if (this.count * 4 > this.mask * 3) this.grow();
    let slot = mix(low ^ Math.imul(high, 0x9e3779b1)) & this.mask;
    for (; this.numbers[slot] !== 0; slot = (slot + 1) & this.mask) {
      if (this.keys[slot * 2] === high && this.keys[slot * 2 + 1] === low) return (this.numbers[slot] ?? 0) - 1;
    }
    this.keys[slot * 2] = high;
    this.keys[slot * 2 + 1] = low;
    this.numbers[slot] = number + 1;
    this.count++;
    return number;
  }

  /** Slices differ a little in size; one that outgrows its table is put into a larger one. */
  private grow(): void {
    const { keys, numbers } = this;
    this.keys = new Int32Array(keys.length * 2);
    this.numbers = new Float64Array(numbers.length * 2);
    this.mask = this.numbers.length - 1;
    this.count = 0;
    numbers.forEach((number, slot) => {
      if (number !== 0) this.put(keys[slot * 2] ?? 0, keys[slot * 2 + 1] ?? 0, number - 1);
    });
  }
}

/** Pairs gathered before they are written. */
const BUFFERED_PAIRS = 65_536;

class PairWriter {
  count = 0;
  private readonly buffer = new Uint32Array(BUFFERED_PAIRS * 2);
  private readonly handle: number;
  private used = 0;

  constructor(file: string) {
    this.handle = openSync(file, 'w');
  }

  add(first: number, second: number): void {
    this.buffer[this.used++] = first;
    this.buffer[this.used++] = second;
    this.count++;
    if (this.used === this.buffer.length) this.flush();
  }

  close(): void {
    try {
      this.flush();
    } finally {
      closeSync(this.handle);
    }
  }

  private flush(): void {
    writeAll(this.handle, new Uint8Array(this.buffer.buffer, 0, this.used * 4));
    this.used = 0;
  }
}
