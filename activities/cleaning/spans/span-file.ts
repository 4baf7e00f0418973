import { statSync } from 'node:fs';
import path from 'node:path';
import { readBytes, writeNumbers } from '../file-bytes';
import { IntList } from '../text/growable';

/**
 * The spans of a unit as a file of records, those of a bucket together and in the order of the source, and where each
 * bucket begins. The bucket of a span is the top of its hash, so that equal spans of all units lie in one, and any
 * number of buckets in a row can be read without the others.
 */
export const SPANS = 'spans.bin';
export const BUCKETS = 'spans.index';

const BUCKET_BITS = 12;
/** Into so many parts can matching be cut at most. */
export const BUCKET_COUNT = 1 << BUCKET_BITS;

/** Halves of the hash, then the document's place among those its unit has kept, then the span's first part in it. */
const RECORD = 4;
const NUMBER_BYTES = 4;

const bucketOf = (high: number): number => high >>> (32 - BUCKET_BITS);

/** Gathers the spans of one unit, in the order of the source. */
export class SpanWriter {
  private readonly records = new IntList();

  get count(): number {
    return this.records.length / RECORD;
  }

  add(high: number, low: number, ordinal: number, first: number): void {
    for (const number of [high, low, ordinal, first]) this.records.push(number);
  }

  /** Writes both files into a folder. */
  write(dir: string): void {
    const { records, count } = this;
    const starts = new Uint32Array(BUCKET_COUNT + 1);
    for (let index = 0; index < count; index++) {
      const after = bucketOf(records.at(index * RECORD)) + 1;
      starts[after] = (starts[after] ?? 0) + 1;
    }
    for (let bucket = 0; bucket < BUCKET_COUNT; bucket++) {
      starts[bucket + 1] = (starts[bucket + 1] ?? 0) + (starts[bucket] ?? 0);
    }
    const sorted = new Int32Array(count * RECORD);
    const next = starts.slice();
    for (let index = 0; index < count; index++) {
      const bucket = bucketOf(records.at(index * RECORD));
      const at = next[bucket] ?? 0;
      next[bucket] = at + 1;
      sorted.set(records.values.subarray(index * RECORD, (index + 1) * RECORD), at * RECORD);
    }
    writeNumbers(path.join(dir, SPANS), sorted);
    writeNumbers(path.join(dir, BUCKETS), starts);
  }
}

/** The files of a unit's spans, on this host. */
export interface UnitSpans {
  spans: string;
  buckets: string;
  /** Places of documents whose spans count no more, 32 bits each; absent where all count. */
  without?: string;
}

/** Places of documents among those that their unit has kept. */
export const readOrdinals = (file: string): ReadonlySet<number> =>
  new Set(new Uint32Array(readBytes(file, 0, statSync(file).size)));

/** Share `part` of `parts` of the buckets: the first, and the first after it. */
export const bucketsOf = (part: number, parts: number): [number, number] => [
  Math.floor((part * BUCKET_COUNT) / parts),
  Math.floor(((part + 1) * BUCKET_COUNT) / parts),
];

/** Calls back with each span of the buckets from `from` up to `to`, equal ones in the order of the source. */
export function forEachSpan(
  { spans, buckets, without }: UnitSpans,
  [from, to]: [number, number],
  each: (high: number, low: number, ordinal: number, first: number) => void,
): void {
  const starts = new Uint32Array(readBytes(buckets, 0, (BUCKET_COUNT + 1) * NUMBER_BYTES));
  const [start, end] = [starts[from] ?? 0, starts[to] ?? 0];
  const bytes = RECORD * NUMBER_BYTES;
  const records = new Int32Array(readBytes(spans, start * bytes, (end - start) * bytes));
  const left = without === undefined ? undefined : readOrdinals(without);
  for (let at = 0; at < records.length; at += RECORD) {
    const ordinal = records[at + 2] ?? 0;
    if (!left?.has(ordinal)) each(records[at] ?? 0, records[at + 1] ?? 0, ordinal, records[at + 3] ?? 0);
  }
}
