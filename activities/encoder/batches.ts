/** Rows that go through the model together, by their numbers, each padded to `sequence` tokens. */
export interface Batch {
  rows: readonly number[];
  sequence: number;
}

/**
 * Tokens of a batch, padding included. Between 256 and 8,192 no bound was faster beyond the noise (2 busy cores), so it is
 * set by what a stop may cost: a batch of 1,024 takes about 0.2 seconds.
 */
const BATCH_TOKENS = 1024;

/**
 * Sequences are padded to a multiple of this. With it a text's vector is bit-identical whatever its neighbours are;
 * without it the kernels treat the last 1 to 3 tokens of a row in another way than when padding follows them (seen at
 * every length of 4n + 3; 2 was enough where it was measured, 4 is the width of the narrowest vector unit).
 */
const SEQUENCE_STEP = 4;

/**
 * Puts rows of similar length together, longest first: padding is work for nothing, and sorting leaves next to none.
 * @param lengths tokens of each row.
 * @param limit longest sequence that the model takes.
 */
export function planBatches(lengths: ArrayLike<number>, limit: number): Batch[] {
  const longestFirst = Array.from(lengths, (length, row) => ({ length, row })).sort(
    (a, b) => b.length - a.length || a.row - b.row,
  );
  const batches: Batch[] = [];
  for (let at = 0; at < longestFirst.length;) {
    const longest = longestFirst[at]?.length ?? 0;
    const sequence = Math.min(limit, Math.ceil(longest / SEQUENCE_STEP) * SEQUENCE_STEP);
    const size = Math.max(1, Math.floor(BATCH_TOKENS / sequence));
    batches.push({ rows: longestFirst.slice(at, at + size).map(({ row }) => row), sequence });
    at += size;
  }
  return batches;
}

/** Where runs of equal numbers begin and end. */
export function* equalRuns(numbers: ArrayLike<number>): Generator<[start: number, end: number]> {
  for (let start = 0, end = 1; start < numbers.length; end++) {
    if (end < numbers.length && numbers[end] === numbers[start]) continue;
    yield [start, end];
    start = end;
  }
}
