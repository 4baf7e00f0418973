import path from 'node:path';
import { PairWriter } from '../dedup/pair-file';
import { readBytes, writeNumbers } from '../file-bytes';

const PAIR_BYTES = 8;
const NUMBER_BYTES = 4;

/** Pairs of numbers below 2^32 in groups: `<name>.bin`, and in `<name>.index` how many pairs stand before each group. */
export class GroupedPairs {
  private readonly pairs: PairWriter;
  private readonly starts = [0];

  constructor(
    private readonly dir: string,
    private readonly name: string,
  ) {
    this.pairs = new PairWriter(path.join(dir, `${name}.bin`));
  }

  get count(): number {
    return this.pairs.count;
  }

  add(first: number, second: number): void {
    this.pairs.add(first, second);
  }

  endGroup(): void {
    this.starts.push(this.pairs.count);
  }

  close(): void {
    this.pairs.close();
    writeNumbers(path.join(this.dir, `${this.name}.index`), Uint32Array.from(this.starts));
  }
}

/** The two files, on this host. */
export interface PairFiles {
  pairs: string;
  index: string;
}

/** Calls back with each pair of a group, in the order in which they were added. */
export function forEachPairOf(
  { pairs, index }: PairFiles,
  group: number,
  each: (first: number, second: number) => void,
): void {
  const [start = 0, end = 0] = new Uint32Array(readBytes(index, group * NUMBER_BYTES, 2 * NUMBER_BYTES));
  const numbers = new Uint32Array(readBytes(pairs, start * PAIR_BYTES, (end - start) * PAIR_BYTES));
  for (let at = 0; at < numbers.length; at += 2) each(numbers[at] ?? 0, numbers[at + 1] ?? 0);
}
