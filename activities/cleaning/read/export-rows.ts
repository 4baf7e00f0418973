import { createReadStream, createWriteStream } from 'node:fs';
import { open, symlink } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DuckDBConnection } from '@duckdb/node-api';
import { isFailure } from '../../errors';
import { identifier, literal, withDuckDB } from '../duckdb';
import type { Slice } from '../source/plan-types';
import type { ReadOptions } from './records';

/** Characters kept of a text that is too long: what a person needs to know it by. */
const SHOWN_CHARS = 1_000;
/** What DuckDB's CSV reader takes for a line besides the document itself: its other columns. */
const OTHER_COLUMNS_BYTES = 1 << 20;

/**
 * Writes the rows of a Parquet or CSV slice as JSON Lines `{ row, id, title, text, large, invalid }` into `dir`, in
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
    await withDuckDB((connection) =>
      slice.format === 'parquet'
        ? exportParquet(connection, link, slice, options, target)
        : exportCsv(connection, link, options, target),
    );
    return target;
  } catch (error) {
    if (isFailure(error, 'StorageFull')) throw error;
    // DuckDB's errors have no codes; what is not the disk's fault is the file's.
    return null;
  }
}

/** `id`, `title` and `text` as text, a text of too many bytes cut, from what has `columns`. */
function selection(columns: ReadonlySet<string>, { textField, idField, maxDocumentBytes }: ReadOptions): string {
  const column = (name: string) => (columns.has(name) ? `cast(${identifier(name)} as varchar)` : 'null::varchar');
  const text = column(textField);
  const large = `coalesce(strlen(${text}) > ${maxDocumentBytes}, false)`;
  return `${column(idField)} as id, ${column('title')} as title,
    case when ${large} then substring(${text}, 1, ${SHOWN_CHARS}) else ${text} end as text, ${large} as large, false as invalid`;
}

async function columnsOf(connection: DuckDBConnection, from: string): Promise<ReadonlySet<string>> {
  const described = await connection.runAndReadAll(`describe select * from ${from}`);
  return new Set(described.getRowObjects().map((row) => String(row['column_name'])));
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

async function exportCsv(
  connection: DuckDBConnection,
  file: string,
  options: ReadOptions,
  target: string,
): Promise<void> {
  const delimiter = await delimiterOf(file);
  // RFC 4180, nothing guessed: a row that is not as the header says is counted, where guessing would lose parts of it.
  const reading = `header = true, all_varchar = true, parallel = false, store_rejects = true, delim = ${literal(delimiter)},
    quote = '"', escape = '"', comment = '', max_line_size = ${options.maxDocumentBytes + OTHER_COLUMNS_BYTES}`;
  const columns = await columnsOf(connection, `read_csv(${literal(file)}, ${reading})`);
  await connection.run(
    `copy (select row_number() over () as row, ${selection(columns, options)}
           from read_csv(${literal(file)}, ${reading}, rejects_table = 'bad', rejects_scan = 'bad_scan'))
     to ${literal(target)} (format json)`,
  );
  // Rows that can not be read are kept apart by the reader; they come last, under the number of their line.
  const rest = `${target}.bad`;
  await connection.run(
    `copy (select line as row, null as id, null as title, substring(any_value(csv_line), 1, ${SHOWN_CHARS}) as text,
             false as large, true as invalid
           from bad group by line order by line)
     to ${literal(rest)} (format json)`,
  );
  await pipeline(createReadStream(rest), createWriteStream(target, { flags: 'a' }));
}

const DELIMITERS = [',', ';', '\t', '|'];
/** Longer than any header that people wrote. */
const HEADER_BYTES = 64 * 1024;

/** What separates the columns: of the usual characters, that which is most frequent in the first line. */
async function delimiterOf(file: string): Promise<string> {
  const handle = await open(file, 'r');
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    const [header = ''] = buffer.toString('latin1', 0, bytesRead).split(/[\r\n]/, 1);
    const count = (delimiter: string) => header.split(delimiter).length;
    return DELIMITERS.reduce((best, delimiter) => (count(delimiter) > count(best) ? delimiter : best));
  } finally {
    await handle.close();
  }
}
