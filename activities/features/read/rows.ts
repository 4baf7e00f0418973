import { isUtf8 } from 'node:buffer';
import { createReadStream } from 'node:fs';
import { DamagedFile, sliceBytes, unpacked } from '../../cleaning/read/bytes';
import { linesOf } from '../../cleaning/read/lines';
import type { Slice } from '../../cleaning/source/plan-types';
import { MAX_ROW_BYTES } from './export-columns';

/** Why a row is rejected. */
export type RowProblem = 'unreadable_file' | 'invalid_utf8' | 'invalid_json' | 'invalid_row' | 'row_too_large';

/** A row as it was found: its raw values in the order of the wanted columns, or what is wrong with it. */
export type FoundRow = { row: number; values: unknown[] } | { row: number; problem: RowProblem; text: string };

/** Where the rows of a part of the source are, on this host. */
export interface RowSource {
  /** Name of the file below the source, or in the dataset. */
  source: string;
  /** JSON Lines as they are; null where the rows were exported or could not be read. */
  lines: { absolute: string; slice: Slice } | null;
  /** What `exportColumns` has written; its bytes need no check any more. */
  exported: string | null;
  /** A file of tables that was hashed when the source was planned: it is read again to see that it is the same. */
  check: { absolute: string; slice: Slice } | null;
}

/** Bytes shown of what can not be read. */
const SHOWN_BYTES = 1_000;

/** Reads rows in their order. Nothing is dropped: each comes with its values or its problem. @throws `SourceChanged`. */
export async function* readRows(
  source: RowSource,
  columns: readonly string[],
  onBytes: (bytes: number) => void,
): AsyncGenerator<FoundRow> {
  if (source.check) {
    const { absolute, slice } = source.check;
    for await (const chunk of sliceBytes(absolute, slice, onBytes)) void chunk;
  }
  if (source.exported !== null) yield* readExported(source.exported, columns.length);
  else if (source.lines) yield* readLines(source.lines, columns, onBytes);
  else yield { row: 0, problem: 'unreadable_file', text: '' };
}

async function* readExported(file: string, columns: number): AsyncGenerator<FoundRow> {
  const names = Array.from({ length: columns }, (_, place) => `c${place}`);
  for await (const { bytes } of linesOf(createReadStream(file, { highWaterMark: 1 << 20 }), Number.MAX_SAFE_INTEGER)) {
    const line = JSON.parse(bytes.toString('utf8')) as Record<string, unknown> & { row: number };
    if (typeof line['invalid'] === 'string') yield { row: line.row, problem: 'invalid_row', text: line['invalid'] };
    else yield { row: line.row, values: names.map((name) => line[name] ?? null) };
  }
}

async function* readLines(
  { absolute, slice }: { absolute: string; slice: Slice },
  columns: readonly string[],
  onBytes: (bytes: number) => void,
): AsyncGenerator<FoundRow> {
  let row = slice.rowsBefore;
  try {
    const chunks = unpacked(sliceBytes(absolute, slice, onBytes), slice.packing);
    for await (const { bytes, tooLong } of linesOf(chunks, MAX_ROW_BYTES)) {
      row++;
      const problem = (reason: RowProblem): FoundRow => ({
        row,
        problem: reason,
        text: bytes.subarray(0, SHOWN_BYTES).toString('utf8'),
      });
      if (tooLong) yield problem('row_too_large');
      else if (!isUtf8(bytes)) yield problem('invalid_utf8');
      else {
        const line = row === 1 ? bytes.toString('utf8').replace(/^\ufeff/, '') : bytes.toString('utf8');
        // An empty line is no row: writers leave them at the end.
        if (line.trim() === '') continue;
        const record = recordOf(line);
        yield record
          ? { row, values: columns.map((column) => (Object.hasOwn(record, column) ? record[column] : null)) }
          : problem('invalid_json');
      }
    }
  } catch (error) {
    if (!(error instanceof DamagedFile)) throw error;
    yield { row: row + 1, problem: 'unreadable_file', text: error.message };
  }
}

function recordOf(line: string): Record<string, unknown> | null {
  try {
    const record: unknown = JSON.parse(line);
    return typeof record === 'object' && record !== null && !Array.isArray(record)
      ? (record as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}
