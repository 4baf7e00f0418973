import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier, literal, withDuckDB } from '../cleaning/duckdb';

/** As DuckDB's JSON reader has it by default; a text may be longer. */
const OBJECT_BYTES = 64 * 1024 * 1024;

/** JSON Lines as a table, for SQL. `columns` gives each its type. */
export const jsonTable = (file: string, columns: Readonly<Record<string, string>>): string =>
  `read_json(${literal(file)}, format = 'newline_delimited', maximum_object_size = ${OBJECT_BYTES},
    columns = {${Object.entries(columns)
      .map(([name, type]) => `${identifier(name)}: ${literal(type)}`)
      .join(', ')}})`;

/** Parquet files as a table, for SQL. */
export const parquetTable = (files: readonly string[]): string => `read_parquet([${files.map(literal).join(', ')}])`;

/**
 * Writes JSON Lines as Parquet, in their order: the same lines give the same bytes.
 * @param columns type of each field of the lines.
 * @param names of the columns in Parquet, in the order of the fields; those of the fields where left out.
 */
export async function jsonToParquet(
  file: string,
  columns: Readonly<Record<string, string>>,
  target: string,
  names: readonly string[] = Object.keys(columns),
): Promise<void> {
  const selected = Object.keys(columns).map((field, at) => `${identifier(field)} as ${identifier(names[at] ?? field)}`);
  await inDuckDB(path.dirname(file), (connection) =>
    writeParquet(connection, `select ${selected.join(', ')} from ${jsonTable(file, columns)}`, target),
  );
}

export const writeParquet = async (connection: DuckDBConnection, query: string, target: string): Promise<void> => {
  await connection.run(`copy (${query}) to ${literal(target)} (format parquet, compression zstd)`);
};

/** A DuckDB that puts what does not fit in memory into `scratch`, not into the working folder. */
export const inDuckDB = <T>(scratch: string, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> =>
  withDuckDB(async (connection) => {
    await connection.run(`set temp_directory = ${literal(path.join(scratch, 'spilled'))}`);
    return work(connection);
  });

/** The rows of a query as plain objects; counts must be cast to double, or they come as text. */
export async function rowsOfQuery<T>(connection: DuckDBConnection, sql: string): Promise<T[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJson() as T[];
}
