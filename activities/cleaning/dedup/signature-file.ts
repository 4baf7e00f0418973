import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { failure } from '../../errors';
import { BANDS } from './minhash';

/**
 * What finding duplicates needs of the documents a unit has kept, in one file of columns: for each column, one 64-bit
 * key a document, then one 32-bit length a document. A column of one unit is read without the others, so that matching
 * holds one column at a time. Little-endian. A key of 0 stands for none.
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
/** The ids of the kept documents, one JSON string a line, in their order. */
export const IDS = 'ids.jsonl';

const KEY_BYTES = 8;
const LENGTH_BYTES = 4;

/** Gathers the keys of one unit. */
export class SignatureWriter {
  /** By document, then by column: halves of the keys. */
  private readonly rows: Int32Array[] = [];
  private readonly lengths: number[] = [];

  /**
   * @param digest at least 8 bytes of a hash of the text. @param idDigest of the id.
   * @param bands two halves for each band, or undefined for none. @param chars length of the text.
   */
  add(digest: Buffer, idDigest: Buffer, bands: Int32Array | undefined, chars: number): void {
    const row = new Int32Array(COLUMN_COUNT * 2);
    row[COLUMNS.id * 2] = idDigest.readInt32LE(0);
    row[COLUMNS.id * 2 + 1] = idDigest.readInt32LE(4);
    row[COLUMNS.exact * 2] = digest.readInt32LE(0);
    row[COLUMNS.exact * 2 + 1] = digest.readInt32LE(4);
    if (bands) row.set(bands, COLUMNS.bands * 2);
    this.rows.push(row);
    this.lengths.push(chars);
  }

  write(file: string): void {
    const handle = openSync(file, 'w');
    try {
      for (let column = 0; column < COLUMN_COUNT; column++) {
        const keys = new Int32Array(this.rows.length * 2);
        this.rows.forEach((row, index) => {
          keys[index * 2] = row[column * 2] ?? 0;
          keys[index * 2 + 1] = row[column * 2 + 1] ?? 0;
        });
        writeAll(handle, new Uint8Array(keys.buffer));
      }
      writeAll(handle, new Uint8Array(Uint32Array.from(this.lengths).buffer));
    } finally {
      closeSync(handle);
    }
  }
}

/** Writes all of `bytes`: a full disk is met by a short write first. */
export function writeAll(handle: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) written += writeSync(handle, bytes, written);
}

/** The signature file of one unit, on this host. */
export interface UnitSignatures {
  file: string;
  /** Documents in it. */
  count: number;
}

/** The keys of a column, two halves for each document. */
export const readColumn = ({ file, count }: UnitSignatures, column: number): Int32Array =>
  new Int32Array(readBytes(file, column * count * KEY_BYTES, count * KEY_BYTES));

/** Lengths of the texts, in code points. */
export const readLengths = ({ file, count }: UnitSignatures): Uint32Array =>
  new Uint32Array(readBytes(file, COLUMN_COUNT * count * KEY_BYTES, count * LENGTH_BYTES));

function readBytes(file: string, position: number, length: number): ArrayBuffer {
  const bytes = new ArrayBuffer(length);
  const handle = openSync(file, 'r');
  try {
    for (let read = 0; read < length;) {
      const got = readSync(handle, new Uint8Array(bytes, read), 0, length - read, position + read);
      if (got === 0) throw failure('InvariantBroken', `${file} is shorter than its ${COLUMN_COUNT} columns.`);
      read += got;
    }
    return bytes;
  } finally {
    closeSync(handle);
  }
}
