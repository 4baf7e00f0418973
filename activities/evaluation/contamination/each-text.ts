import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { identifier, withUnitDuckDB } from '../../cleaning/duckdb';
import { parquetTable, rowsOfQuery } from '../../features/parquet';
import type { TextFile } from './training-texts';

/** A file of training texts on this host. */
export interface LocalTexts extends Pick<TextFile, 'format' | 'source'> {
  path: string;
}

/**
 * Gives every string of every row of a file, whatever its column is called and however deep it lies. Memory is that of a few rows.
 * @param spill folder for what a query can not keep in memory
 */
export async function eachText(
  { format, path }: LocalTexts,
  spill: string,
  use: (text: string) => void,
): Promise<void> {
  if (format === 'parquet') return eachOfParquet(path, spill, use);
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const row = JSON.parse(line) as { fold?: number | null };
    // What a guard has held out it has not learnt from.
    if (format === 'jsonl' || row.fold !== null) eachString(row, use);
  }
}

const eachOfParquet = (file: string, spill: string, use: (text: string) => void): Promise<void> =>
  withUnitDuckDB(spill, async (connection) => {
    const table = parquetTable([file]);
    const columns = await rowsOfQuery<{ column_name: string; column_type: string }>(
      connection,
      `describe select * from ${table}`,
    );
    // Vectors and numbers hold no text, and would take the longest to read.
    const wanted = columns.filter(({ column_type: type }) => type.includes('VARCHAR'));
    if (wanted.length === 0) return;
    const selected = wanted.map(({ column_name: name }) => identifier(name)).join(', ');
    const rows = await connection.stream(`select ${selected} from ${table}`);
    for await (const chunk of rows.yieldRowsJson()) for (const row of chunk) eachString(row, use);
  });

function eachString(value: unknown, use: (text: string) => void): void {
  if (typeof value === 'string') use(value);
  else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) eachString(inner, use);
}
