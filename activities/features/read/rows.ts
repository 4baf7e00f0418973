import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { DamagedFile, sliceBytes, unpacked } from '../../cleaning/read/bytes';
import { csvRecords, NoHeader } from '../../cleaning/read/csv';
import { linesOf } from '../../cleaning/read/lines';
import type { LocalSlice } from '../../cleaning/read/records';
import { wasReadable } from '../../cleaning/source/plan-types';

/** Why a row is rejected. */
export type RowProblem = 'unreadable_file' | 'invalid_utf8' | 'invalid_json' | 'invalid_row' | 'row_too_large';

/** A row as it was found: its raw values in the order of the wanted columns, or what is wrong with it. */
export type FoundRow = { row: number; values: unknown[] } | { row: number; problem: RowProblem; text: string };

/** Where the rows of a part of the source are, on this host. */
export interface RowSource {
  /** Name of the file below the source, or in the dataset. */
  source: string;
  /** The part of a file; null for rows of a dataset, whose store has checked the file. */
  slice: LocalSlice | null;
  /** Rows of Parquet as JSON Lines, as `exportColumns` writes them; null elsewhere, or where that failed. */
  exported: string | null;
}

/** A row longer than this is rejected: one runaway line must not take the memory of a worker. */
export const MAX_ROW_BYTES = 16 * 1024 * 1024;
/** Bytes shown of what can not be read. */
const SHOWN_BYTES = 1_000;

const shown = (bytes: Buffer): string => bytes.subarray(0, SHOWN_BYTES).toString('utf8');

/** Reads rows in their order. Nothing is dropped: each comes with its values or its problem. @throws `SourceChanged`. */
export async function* readRows(
  { slice, exported }: RowSource,
  columns: readonly string[],
  onBytes: (bytes: number) => void,
): AsyncGenerator<FoundRow> {
  const unreadable = { row: 0, problem: 'unreadable_file', text: '' } as const;
  if (slice && !wasReadable(slice)) {
    yield unreadable;
    return;
  }
  if (slice?.format === 'jsonl') yield* readLines(slice, columns, onBytes);
  else if (slice?.format === 'csv') yield* readCsv(slice, columns, onBytes);
  else {
    // The bytes themselves are only hashed: DuckDB has read them.
    if (slice) for await (const chunk of sliceBytes(slice, onBytes)) void chunk;
    if (exported === null) yield unreadable;
    else yield* readExported(exported, columns.length);
  }
}

async function* readExported(file: string, columns: number): AsyncGenerator<FoundRow> {
  const names = Array.from({ length: columns }, (_, place) => `c${place}`);
  for await (const { bytes } of linesOf(createReadStream(file, { highWaterMark: 1 << 20 }), Number.MAX_SAFE_INTEGER)) {
    const line = JSON.parse(bytes.toString('utf8')) as Record<string, unknown> & { row: number };
    yield { row: line.row, values: names.map((name) => line[name] ?? null) };
  }
}

const valuesOf = (record: Readonly<Record<string, unknown>>, columns: readonly string[]): unknown[] =>
  columns.map((column) => (Object.hasOwn(record, column) ? record[column] : null));

async function* readLines(
  slice: LocalSlice,
  columns: readonly string[],
  onBytes: (bytes: number) => void,
): AsyncGenerator<FoundRow> {
  let row = slice.rowsBefore;
  try {
    for await (const { bytes, tooLong } of linesOf(
      unpacked(sliceBytes(slice, onBytes), slice.packing),
      MAX_ROW_BYTES,
    )) {
      row++;
      if (tooLong) yield { row, problem: 'row_too_large', text: shown(bytes) };
      else if (!isUtf8(bytes)) yield { row, problem: 'invalid_utf8', text: shown(bytes) };
      else {
        const line = row === 1 ? bytes.toString('utf8').replace(/^\ufeff/, '') : bytes.toString('utf8');
        // An empty line is no row: writers leave them at the end.
        if (line.trim() === '') continue;
        const record = recordOf(line);
        yield record
          ? { row, values: valuesOf(record, columns) }
          : { row, problem: 'invalid_json', text: shown(bytes) };
      }
    }
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    yield { row: row + 1, problem: 'unreadable_file', text: error.message };
  }
}

/** The record in a line of JSON; null where it is none. */
export function recordOf(line: string): Record<string, unknown> | null {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null && !Array.isArray(record)
      ? (record as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const CSV_PROBLEMS = {
  invalid_row: 'invalid_row',
  invalid_utf8: 'invalid_utf8',
  document_too_large: 'row_too_large',
} as const;

/** The records of a CSV slice, which is a whole file: it is never cut. */
export const csvOf = (slice: LocalSlice, onBytes: (bytes: number) => void) =>
  csvRecords(unpacked(sliceBytes(slice, onBytes), slice.packing), {
    delimiter: /\.tsv(\.|$)/i.test(slice.path) ? '\t' : undefined,
    maxBytes: MAX_ROW_BYTES,
  });

async function* readCsv(
  slice: LocalSlice,
  columns: readonly string[],
  onBytes: (bytes: number) => void,
): AsyncGenerator<FoundRow> {
  let row = 0;
  try {
    for await (const record of csvOf(slice, onBytes)) {
      row = record.row;
      yield record.problem
        ? { row, problem: CSV_PROBLEMS[record.problem], text: shown(record.shown) }
        : { row, values: valuesOf(record.fields, columns) };
    }
  } catch (error) {
    if (!(error instanceof DamagedFile || error instanceof NoHeader)) throw error;
    yield { row: row === 0 ? 0 : row + 1, problem: 'unreadable_file', text: error.message };
  }
}
