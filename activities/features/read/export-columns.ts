import { createReadStream, createWriteStream } from 'node:fs';
import { symlink } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier, literal, withDuckDB } from '../../cleaning/duckdb';
import { csvReading, delimiterOf } from '../../cleaning/read/export-rows';
import { isFailure } from '../../errors';

/** A row longer than this is rejected: one runaway line must not take the memory of a worker. */
export const MAX_ROW_BYTES = 16 * 1024 * 1024;
/** Characters kept of a row that can not be read: what a person needs to know it by. */
const SHOWN_CHARS = 1_000;

/** A Parquet or CSV file, or a run of rows of it. */
export interface TableSlice {
  file: string;
  format: 'parquet' | 'csv';
  /** First row and number of rows, of Parquet; all where null. */
  rows: { from: number; count: number } | null;
}

/** Types that JSON tells as they are; a 32-bit integer is exact in a double. */
const PLAIN = new Set(['BOOLEAN', 'TINYINT', 'SMALLINT', 'INTEGER', 'UTINYINT', 'USMALLINT', 'UINTEGER', 'VARCHAR']);

/**
 * A column as a JSON value that is read the same wherever it is read: what JSON has no form for, or no exact one (64-bit
 * integers, decimals, times, NaN), as text.
 */
function jsonOf(column: string, type: string | undefined): string {
  if (type === undefined) return 'null';
  const name = identifier(column);
  if (PLAIN.has(type)) return name;
  if (type === 'DOUBLE' || type === 'FLOAT') {
    return `case when isfinite(${name}) then to_json(${name}::double) else to_json(${name}::varchar) end`;
  }
  return /\]$|^(STRUCT|MAP|UNION|JSON)/.test(type) ? `to_json(${name})` : `${name}::varchar`;
}

/** Names and types of the columns of a table, in their order. @throws where it can not be read. */
export async function tableColumns(slice: Pick<TableSlice, 'file' | 'format'>): Promise<Map<string, string>> {
  const from = await tableFunction(slice);
  return withDuckDB((connection) => columnTypes(connection, from));
}

const tableFunction = async ({ file, format }: Pick<TableSlice, 'file' | 'format'>, more = ''): Promise<string> =>
  format === 'parquet'
    ? `read_parquet(${literal(file)}${more})`
    : `read_csv(${literal(file)}, ${csvReading(await delimiterOf(file), MAX_ROW_BYTES)}${more})`;

async function columnTypes(connection: DuckDBConnection, from: string): Promise<Map<string, string>> {
  const described = await connection.runAndReadAll(`describe select * from ${from}`);
  return new Map(described.getRowObjects().map((row) => [String(row['column_name']), String(row['column_type'])]));
}

/**
 * Writes the wanted columns of a table as JSON Lines `{ row, c0, c1, … }` to `target`, rows numbered from 1 in their
 * order; a row that can not be read is `{ row, invalid }` with its beginning, after the others. A column that the table
 * lacks is null. Returns false where the file can not be read as what it claims.
 */
export async function exportColumns(slice: TableSlice, columns: readonly string[], target: string): Promise<boolean> {
  // A plain name: DuckDB would take `*` and `[` in the real one for a pattern.
  const link = `${target}.source`;
  await symlink(path.resolve(slice.file), link);
  const plain = { ...slice, file: link };
  try {
    await (slice.format === 'parquet' ? exportParquet(plain, columns, target) : exportCsv(plain, columns, target));
    return true;
  } catch (error) {
    if (isFailure(error, 'StorageFull')) throw error;
    // DuckDB's errors have no codes; what is not the disk's fault is the file's.
    return false;
  }
}

const selection = (columns: readonly string[], types: ReadonlyMap<string, string>): string =>
  columns.map((column, place) => `, ${jsonOf(column, types.get(column))} as c${place}`).join('');

async function exportParquet({ file, rows }: TableSlice, columns: readonly string[], target: string): Promise<void> {
  await withDuckDB(async (connection) => {
    const types = await columnTypes(connection, `read_parquet(${literal(file)})`);
    const range = rows ? `where file_row_number >= ${rows.from} and file_row_number < ${rows.from + rows.count}` : '';
    await connection.run(
      `copy (select file_row_number + 1 as row${selection(columns, types)}
             from read_parquet(${literal(file)}, file_row_number = true) ${range}) to ${literal(target)} (format json)`,
    );
  });
}

async function exportCsv({ file }: TableSlice, columns: readonly string[], target: string): Promise<void> {
  const from = await tableFunction({ file, format: 'csv' }, `, rejects_table = 'bad', rejects_scan = 'bad_scan'`);
  await withDuckDB(async (connection) => {
    const types = await columnTypes(connection, await tableFunction({ file, format: 'csv' }));
    await connection.run(
      `copy (select row_number() over () as row${selection(columns, types)} from ${from})
       to ${literal(target)} (format json)`,
    );
    const rest = `${target}.bad`;
    await connection.run(
      `copy (select line as row, substring(any_value(csv_line), 1, ${SHOWN_CHARS}) as invalid
             from bad group by line order by line) to ${literal(rest)} (format json)`,
    );
    await pipeline(createReadStream(rest), createWriteStream(target, { flags: 'a' }));
  });
}
