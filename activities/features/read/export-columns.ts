import { symlink } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier, literal, withDuckDB } from '../../cleaning/duckdb';
import { isFailure } from '../../errors';

/** A run of rows of a Parquet file: the first and their number. */
export interface RowSpan {
  from: number;
  count: number;
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
  // Some writers do not say that their strings are such.
  if (type === 'BLOB') return `try(decode(${name}))`;
  return /\]$|^(STRUCT|MAP|UNION|JSON)/.test(type) ? `to_json(${name})` : `${name}::varchar`;
}

/** Names and types of the columns of a Parquet file, in their order. @throws where it can not be read. */
export const parquetColumns = (file: string): Promise<Map<string, string>> =>
  withDuckDB((connection) => columnTypes(connection, file));

async function columnTypes(connection: DuckDBConnection, file: string): Promise<Map<string, string>> {
  const described = await connection.runAndReadAll(`describe select * from read_parquet(${literal(file)})`);
  return new Map(described.getRowObjects().map((row) => [String(row['column_name']), String(row['column_type'])]));
}

/**
 * Writes the wanted columns of a Parquet file, or of a run of its rows, as JSON Lines `{ row, c0, c1, … }` to `target`,
 * rows numbered from 1 in their order. A column that the file lacks is null. Returns false where the file can not be
 * read as what it claims.
 */
export async function exportColumns(
  file: string,
  rows: RowSpan | null,
  columns: readonly string[],
  target: string,
): Promise<boolean> {
  // A plain name: DuckDB would take `*` and `[` in the real one for a pattern.
  const link = `${target}.source`;
  await symlink(path.resolve(file), link);
  try {
    await withDuckDB(async (connection) => {
      const types = await columnTypes(connection, link);
      const selected = columns.map((column, place) => `, ${jsonOf(column, types.get(column))} as c${place}`).join('');
      const range = rows ? `where file_row_number >= ${rows.from} and file_row_number < ${rows.from + rows.count}` : '';
      await connection.run(
        `copy (select file_row_number + 1 as row${selected}
               from read_parquet(${literal(link)}, file_row_number = true) ${range}) to ${literal(target)} (format json)`,
      );
    });
    return true;
  } catch (error) {
    if (isFailure(error, 'StorageFull')) throw error;
    // DuckDB's errors have no codes; what is not the disk's fault is the file's.
    return false;
  }
}
