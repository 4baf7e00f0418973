import { symlink } from 'node:fs/promises';
import path from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import { isFailure } from '../../errors';
import { identifier, literal, withDuckDB } from '../duckdb';
import type { Slice } from '../source/plan-types';
import type { ReadOptions } from './records';

/** Characters kept of a text that is too long: what a person needs to know it by. */
const SHOWN_CHARS = 1_000;

/**
 * Writes the rows of a Parquet slice as JSON Lines `{ row, id, title, url, text, large, invalid }` into `dir`, in
 * their order, rows numbered from 1. Returns the file, or null where the source can not be read as what it claims.
 *
 * @param number tells the slices of one unit apart.
 */
export async function exportRows(
  absolute: string,
  slice: Slice,
  options: ReadOptions,
  dir: string,
  number: number,
): Promise<string | null> {
  const target = path.join(dir, `rows-${number}.jsonl`);
  // A plain name: DuckDB would take `*` and `[` in the real one for a pattern.
  const link = path.join(dir, `source-${number}`);
  await symlink(absolute, link);
  try {
    await withDuckDB((connection) => exportParquet(connection, link, slice, options, target));
    return target;
  } catch (error) {
    if (isFailure(error, 'StorageFull')) throw error;
    // DuckDB's errors have no codes; what is not the disk's fault is the file's.
    return null;
  }
}

/** `id`, `title`, `url` and `text` as text, a text of too many bytes cut, from what has `columns`. */
function selection(
  columns: Columns,
  { textField, idField, titleField = 'title', urlField = 'url', maxDocumentBytes }: ReadOptions,
): string {
  const column = (name: string) => {
    if (!columns.has(name)) return 'null::varchar';
    // Some writers do not say that their strings are such. Bytes that are none have no text.
    return columns.get(name) === 'BLOB' ? `try(decode(${identifier(name)}))` : `cast(${identifier(name)} as varchar)`;
  };
  const text = column(textField);
  const large = `coalesce(strlen(${text}) > ${maxDocumentBytes}, false)`;
  const invalid =
    columns.get(textField) === 'BLOB' ? `${identifier(textField)} is not null and ${text} is null` : 'false';
  return `${column(idField)} as id, ${column(titleField)} as title, ${column(urlField)} as url,
    case when ${large} then substring(${text}, 1, ${SHOWN_CHARS}) else ${text} end as text, ${large} as large, ${invalid} as invalid`;
}

/** Types of the columns by their names. */
type Columns = ReadonlyMap<string, string>;

async function columnsOf(connection: DuckDBConnection, from: string): Promise<Columns> {
  const described = await connection.runAndReadAll(`describe select * from ${from}`);
  const rows = described.getRowObjects();
  return new Map(rows.map((row) => [String(row['column_name']), String(row['column_type'])]));
}

async function exportParquet(
  connection: DuckDBConnection,
  file: string,
  { rowsBefore, rows }: Slice,
  options: ReadOptions,
  target: string,
): Promise<void> {
  const columns = await columnsOf(connection, `read_parquet(${literal(file)})`);
  const range = rows === null ? '' : `where file_row_number between ${rowsBefore} and ${rowsBefore + rows - 1}`;
  await connection.run(
    `copy (select file_row_number + 1 as row, ${selection(columns, options)}
           from read_parquet(${literal(file)}, file_row_number = true) ${range})
     to ${literal(target)} (format json)`,
  );
}
