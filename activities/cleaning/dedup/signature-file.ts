import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import { readBytes, writeAll } from '../file-bytes';
import { BANDS } from './minhash';
import { SKETCH_BYTES } from './sketch';

/**
 * What finding duplicates needs of some documents, in one file of columns: for each column, one 64-bit key a document,
 * then two 32-bit numbers a document, the length of its text and the number of its shingles. A column is read
 * without the others, so that matching holds one column at a time. Little-endian. A key of 0 stands for none.
 */
export const COLUMNS = {
  /** Of the document's id: equal ones must be told apart. */
  id: 0,
  /** Of its text: equal ones are exact duplicates. */
  exact: 1,
  /** Of its first MinHash band; the others follow. None for a text too short for a shingle. */
  bands: 2,
} as const;
export const COLUMN_COUNT = COLUMNS.bands + BANDS;

export const SIGNATURES = 'signatures.bin';
/** The sketches of the same documents, one after the other. */
export const SKETCHES = 'sketches.bin';
/** Their ids, one JSON string a line, in their order. */
export const IDS = 'ids.jsonl';

const KEY_BYTES = 8;
const NUMBER_BYTES = 4;

/** One document as the files hold it. */
export interface SignatureRow {
  /** Halves of the keys, by column. */
  keys: Int32Array;
  /** Of its text, in code points. */
  length: number;
  /** How many it has. */
  shingles: number;
  sketch: Uint8Array;
}

/** Gathers the rows of one unit. */
export class SignatureWriter {
  private readonly rows: SignatureRow[] = [];

  get count(): number {
    return this.rows.length;
  }

  /** @param row of arrays that nobody changes after. */
  add(row: SignatureRow): void {
    this.rows.push(row);
  }

  /** Writes both files into a folder. */
  write(dir: string, signatures: string = SIGNATURES, sketches: string = SKETCHES): void {
    const { rows } = this;
    writeFile(path.join(dir, signatures), (append) => {
      for (let column = 0; column < COLUMN_COUNT; column++) {
        const keys = new Int32Array(rows.length * 2);
        rows.forEach((row, index) => {
          keys[index * 2] = row.keys[column * 2] ?? 0;
          keys[index * 2 + 1] = row.keys[column * 2 + 1] ?? 0;
        });
        append(new Uint8Array(keys.buffer));
      }
      append(new Uint8Array(Uint32Array.from(rows, ({ length }) => length).buffer));
      append(new Uint8Array(Uint32Array.from(rows, ({ shingles }) => shingles).buffer));
    });
    writeFile(path.join(dir, sketches), (append) => {
      for (const { sketch } of rows) append(sketch);
    });
  }
}

/** The row of a document. @param digests at least 8 bytes each of hashes of its text and id; arrays are copied. */
export function signatureRow(
  { text, id }: { text: Buffer; id: Buffer },
  near: { bands: Int32Array; sketch: Uint8Array; shingles: number } | null,
  length: number,
): SignatureRow {
  const keys = new Int32Array(COLUMN_COUNT * 2);
  keys[COLUMNS.id * 2] = id.readInt32LE(0);
  keys[COLUMNS.id * 2 + 1] = id.readInt32LE(4);
  keys[COLUMNS.exact * 2] = text.readInt32LE(0);
  keys[COLUMNS.exact * 2 + 1] = text.readInt32LE(4);
  if (near) keys.set(near.bands, COLUMNS.bands * 2);
  const sketch = near ? near.sketch.slice() : new Uint8Array(SKETCH_BYTES);
  return { keys, length, shingles: near?.shingles ?? 0, sketch };
}

/** Bytes gathered before they are written. */
const BUFFER = 1 << 18;

function writeFile(file: string, fill: (append: (bytes: Uint8Array) => void) => void): void {
  const handle = openSync(file, 'w');
  const buffer = Buffer.allocUnsafe(BUFFER);
  let used = 0;
  const flush = () => {
    writeAll(handle, buffer.subarray(0, used));
    used = 0;
  };
  try {
    fill((bytes) => {
      if (used + bytes.length > BUFFER) flush();
      if (bytes.length > BUFFER) writeAll(handle, bytes);
      else {
        buffer.set(bytes, used);
        used += bytes.length;
      }
    });
    flush();
  } finally {
    closeSync(handle);
  }
}

/** The files of some documents, on this host. */
export interface UnitSignatures {
  file: string;
  sketches: string;
  /** Documents in it. */
  count: number;
}

/** The keys of a column, two halves for each document. */
export const readColumn = ({ file, count }: UnitSignatures, column: number): Int32Array =>
  new Int32Array(readBytes(file, column * count * KEY_BYTES, count * KEY_BYTES));

/** Lengths of the texts, in code points. */
export const readLengths = ({ file, count }: UnitSignatures): Uint32Array =>
  new Uint32Array(readBytes(file, COLUMN_COUNT * count * KEY_BYTES, count * NUMBER_BYTES));

/** Numbers of shingles. */
export const readShingleCounts = ({ file, count }: UnitSignatures): Uint32Array =>
  new Uint32Array(readBytes(file, count * (COLUMN_COUNT * KEY_BYTES + NUMBER_BYTES), count * NUMBER_BYTES));

/** All sketches, one after the other. */
export const readSketches = ({ sketches, count }: UnitSignatures): Int32Array =>
  new Int32Array(readBytes(sketches, 0, count * SKETCH_BYTES));

/** All rows, as they were written. */
export function readRows(unit: UnitSignatures): SignatureRow[] {
  const columns = Array.from({ length: COLUMN_COUNT }, (_, column) => readColumn(unit, column));
  const [lengths, counts, sketches] = [readLengths(unit), readShingleCounts(unit), readSketches(unit)];
  return Array.from({ length: unit.count }, (_, index) => {
    const keys = new Int32Array(COLUMN_COUNT * 2);
    columns.forEach((column, at) => {
      keys[at * 2] = column[index * 2] ?? 0;
      keys[at * 2 + 1] = column[index * 2 + 1] ?? 0;
    });
    const sketch = new Uint8Array(sketches.buffer, index * SKETCH_BYTES, SKETCH_BYTES);
    return { keys, length: lengths[index] ?? 0, shingles: counts[index] ?? 0, sketch };
  });
}
