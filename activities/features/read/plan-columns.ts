import { createReadStream } from 'node:fs';
import { linesOf } from '../../cleaning/read/lines';
import { unpacked } from '../../cleaning/read/bytes';
import type { Slice } from '../../cleaning/source/plan-types';
import { failure } from '../../errors';
import { MAX_ROW_BYTES, tableColumns } from './export-columns';

/** Records of JSON Lines that are looked at for their fields: a field that none of so many has is not there. */
const PROBED_RECORDS = 1_000;
/** Columns named in a failure. */
const NAMED = 40;

/** The columns of a file: of a table all, of JSON Lines those of its first records. None where it can not be read. */
export async function columnsOfFile(
  absolute: string,
  { format, packing }: Pick<Slice, 'format' | 'packing'>,
): Promise<string[]> {
  if (format === 'parquet' || format === 'csv') {
    return [...(await tableColumns({ file: absolute, format }).catch(() => new Map<string, string>())).keys()];
  }
  const found = new Set<string>();
  let records = 0;
  const file = createReadStream(absolute);
  try {
    for await (const { bytes } of linesOf(unpacked(file, packing), MAX_ROW_BYTES)) {
      if (records++ >= PROBED_RECORDS) break;
      try {
        const record: unknown = JSON.parse(bytes.toString('utf8'));
        if (typeof record === 'object' && record !== null) for (const field of Object.keys(record)) found.add(field);
      } catch {
        // A record that can not be read is counted when it is read.
      }
    }
  } catch {
    // Likewise a damaged file.
  } finally {
    file.destroy();
  }
  return [...found];
}

/** @throws `ColumnNotFound` where a column is wanted that the source does not have; none found is no news. */
export function checkColumns(wanted: readonly string[], found: ReadonlySet<string>, where: string): void {
  const missing = wanted.filter((column) => !found.has(column));
  if (missing.length === 0 || found.size === 0) return;
  const names = (columns: readonly string[]) =>
    columns
      .slice(0, NAMED)
      .map((column) => JSON.stringify(column))
      .join(', ') + (columns.length > NAMED ? `, and ${columns.length - NAMED} more` : '');
  throw failure('ColumnNotFound', `${where} has no column ${names(missing)}; it has ${names([...found])}.`);
}
