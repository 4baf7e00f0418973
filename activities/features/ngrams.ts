import type { DuckDBConnection } from '@duckdb/node-api';
import type { NgramSpec } from '../../schemas/features';
import { parquetTable, rowsOfQuery } from './parquet';

/** The most frequent runs of so many words. */
export interface NgramList {
  size: number;
  /** Runs of that size in all texts. */
  total: number;
  /** Different ones. */
  distinct: number;
  top: { gram: string; count: number }[];
}

/** Adds up what the units have counted; of equally frequent runs those come first whose bytes do. */
export async function topNgrams(
  connection: DuckDBConnection,
  files: readonly string[],
  { sizes, top }: NgramSpec,
  report: (done: number, total: number) => void,
): Promise<NgramList[]> {
  const lists: NgramList[] = [];
  for (const size of [...new Set(sizes)].sort((a, b) => a - b)) {
    await connection.run(
      `create or replace temp table grams as select gram, sum(count)::double as count from ${parquetTable(files)}
       where size = ${size} group by gram`,
    );
    const [sums] = await rowsOfQuery<{ total: number | null; n: number }>(
      connection,
      'select sum(count) as total, count(*)::double as n from grams',
    );
    const found = await rowsOfQuery<{ gram: string; count: number }>(
      connection,
      `select gram, count from grams order by count desc, gram limit ${top}`,
    );
    lists.push({ size, total: sums?.total ?? 0, distinct: sums?.n ?? 0, top: found });
    report(lists.length, sizes.length);
  }
  return lists;
}
