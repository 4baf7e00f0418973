import { unpacked, sliceBytes } from '../../cleaning/read/bytes';
import { linesOf } from '../../cleaning/read/lines';
import type { LocalSlice } from '../../cleaning/read/records';
import { wasReadable } from '../../cleaning/source/plan-types';
import { failure } from '../../errors';
import { parquetColumns } from './export-columns';
import { csvOf, MAX_ROW_BYTES, recordOf } from './rows';

/** Records of JSON Lines that are looked at for their fields: a field that none of so many has is not there. */
const PROBED_RECORDS = 1_000;
/** Columns named in a failure. */
const NAMED = 40;

/** The columns of a slice: of a table all, of JSON Lines those of its first records. None where it can not be read. */
export async function columnsOfSlice(slice: LocalSlice): Promise<string[]> {
  if (!wasReadable(slice) || slice.fileBytes === 0) return [];
  // What can not be read is counted when it is read; here it only has no columns to tell.
  if (slice.format === 'parquet') {
    return [...(await parquetColumns(slice.absolute).catch(() => new Map<string, string>())).keys()];
  }
  return (slice.format === 'csv' ? csvColumns(slice) : lineColumns(slice)).catch(() => []);
}

async function csvColumns(slice: LocalSlice): Promise<string[]> {
  for await (const { problem, fields } of csvOf(slice, ignore)) if (!problem) return Object.keys(fields);
  return [];
}

async function lineColumns(slice: LocalSlice): Promise<string[]> {
  const found = new Set<string>();
  let records = 0;
  for await (const { bytes } of linesOf(unpacked(sliceBytes(slice, ignore), slice.packing), MAX_ROW_BYTES)) {
    for (const field of Object.keys(recordOf(bytes.toString('utf8')) ?? {})) found.add(field);
    if (++records >= PROBED_RECORDS) break;
  }
  return [...found];
}

const ignore = (): void => undefined;

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
