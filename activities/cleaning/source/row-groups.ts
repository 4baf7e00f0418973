import { withDuckDB } from '../duckdb';

/** A run of whole row groups of a Parquet file. */
export interface RowRange {
  /** Offset of its first page; 0 for the first range. */
  start: number;
  rowsBefore: number;
  rows: number;
}

/** Cuts a Parquet file into ranges of row groups of about `bytes` each. @throws where it is no readable Parquet. */
export async function rowRanges(file: string, bytes: number): Promise<RowRange[]> {
  const groups = await withDuckDB(async (connection) => {
    const result = await connection.runAndReadAll(
      `select min(least(coalesce(nullif(dictionary_page_offset, 0), data_page_offset), data_page_offset))::double as start,
              any_value(row_group_num_rows)::double as rows
       from parquet_metadata($file) group by row_group_id order by row_group_id`,
      { file },
    );
    return result.getRowObjects() as { start: number; rows: number }[];
  });
  const ranges: RowRange[] = [{ start: 0, rowsBefore: 0, rows: 0 }];
  let rowsBefore = 0;
  for (const group of groups) {
    const last = ranges[ranges.length - 1];
    if (last && last.rows > 0 && group.start - last.start >= bytes) {
      ranges.push({ start: group.start, rowsBefore, rows: group.rows });
    } else if (last) last.rows += group.rows;
    rowsBefore += group.rows;
  }
  return ranges;
}
