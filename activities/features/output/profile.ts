import type { DuckDBConnection } from '@duckdb/node-api';
import { identifier, literal } from '../../cleaning/duckdb';
import type { OutputColumn } from '../encoders';
import { parquetTable, rowsOfQuery } from '../parquet';
import { driftOf, type Drift, type Spread } from './drift';

/** How a column's values are binned, so that a later version can be counted by the same bins. */
export type Bins =
  /** Inner edges: a value on an edge is in the bin above it. */
  | { kind: 'edges'; edges: number[] }
  /** The most frequent values; all others are one bin more. */
  | { kind: 'values'; values: string[] };

/** What the card says of a column. */
export interface ColumnProfile {
  name: string;
  type: OutputColumn['type'];
  rows: number;
  missing: number;
  /** Different values; null where they are not counted. */
  distinct: number | null;
  least: number | string | null;
  greatest: number | string | null;
  mean: number | null;
  bins: Bins | null;
  spread: Spread | null;
  /** Against the last version; null where it had no such column. */
  drift: Drift | null;
}

/** Deciles: enough to see a shift, and each has a tenth of the rows. */
const BINS = 10;
/** Categories that are told apart. */
const MOST_VALUES = 50;
/** Characters shown of a least or greatest text. */
const SHOWN_CHARS = 60;
/** Above it different values are estimated (HyperLogLog, 2% off or so), since counting them needs room for all. */
const COUNTED_ROWS = 5_000_000;

/** Profiles a column over all files, and compares it with the last version's by that one's own bins. */
export async function profileColumn(
  connection: DuckDBConnection,
  files: readonly string[],
  { name, type }: OutputColumn,
  rows: number,
  before: ColumnProfile | undefined,
): Promise<ColumnProfile> {
  const table = parquetTable(files);
  const column = identifier(name);
  const none = { name, type, rows, distinct: null, least: null, greatest: null, mean: null };
  if (type === 'FLOAT[]') {
    const missing = rows - (await countOf(connection, table, column));
    return { ...none, missing, bins: null, spread: null, drift: null };
  }
  const numeric = type === 'DOUBLE' || type === 'INTEGER';
  const value = type === 'TIMESTAMP' ? `epoch_ms(${column})::double` : numeric ? `${column}::double` : column;
  const distinct = rows > COUNTED_ROWS ? `approx_count_distinct(${column})` : `count(distinct ${column})`;
  const end = (which: 'min' | 'max') =>
    type === 'VARCHAR' ? `substring(${which}(${column}), 1, ${SHOWN_CHARS})` : `${which}(${column})`;
  const [found] = await rowsOfQuery<{
    n: number;
    distinct: number;
    least: string;
    greatest: string;
    mean: number | null;
  }>(
    connection,
    `select count(${column})::double as n, ${distinct}::double as "distinct", ${end('min')} as least, ${end('max')} as greatest,
       ${numeric ? `avg(${column})` : 'null::double'} as mean from ${table}`,
  );
  const missing = rows - (found?.n ?? 0);
  const bins: Bins =
    type === 'VARCHAR'
      ? { kind: 'values', values: await frequentValues(connection, table, column) }
      : { kind: 'edges', edges: await decileEdges(connection, table, value) };
  const spreadBy = async (by: Bins): Promise<Spread> => ({
    counts: await countsBy(connection, table, value, by),
    missing,
  });
  const comparable = before?.bins && before.spread && before.type === type ? before : undefined;
  return {
    name,
    type,
    rows,
    missing,
    distinct: found?.distinct ?? 0,
    least: found?.least ?? null,
    greatest: found?.greatest ?? null,
    mean: found?.mean ?? null,
    bins,
    spread: await spreadBy(bins),
    drift:
      comparable?.bins && comparable.spread
        ? driftOf(comparable.spread, await spreadBy(comparable.bins), comparable.bins.kind === 'edges')
        : null,
  };
}

async function countOf(connection: DuckDBConnection, table: string, column: string): Promise<number> {
  const [row] = await rowsOfQuery<{ n: number }>(connection, `select count(${column})::double as n from ${table}`);
  return row?.n ?? 0;
}

/** Edges near the deciles (t-digest: bounded memory, and an edge need not be exact), each once. */
async function decileEdges(connection: DuckDBConnection, table: string, value: string): Promise<number[]> {
  const shares = Array.from({ length: BINS - 1 }, (_, at) => (at + 1) / BINS);
  const [row] = await rowsOfQuery<{ edges: number[] | null }>(
    connection,
    `select approx_quantile(${value}, [${shares.join(', ')}]) as edges from ${table}`,
  );
  return [...new Set(row?.edges ?? [])].sort((a, b) => a - b);
}

async function frequentValues(connection: DuckDBConnection, table: string, column: string): Promise<string[]> {
  const rows = await rowsOfQuery<{ value: string }>(
    connection,
    `select ${column} as value from ${table} where value is not null
     group by value order by count(*) desc, value limit ${MOST_VALUES}`,
  );
  return rows.map(({ value }) => value);
}

/** A text by its bytes: SQL can not hold every text (NUL ends a statement), but every text has bytes. */
const hex = (text: string): string => literal(Buffer.from(text).toString('hex').toUpperCase());

/** Rows with a value in each bin. */
async function countsBy(connection: DuckDBConnection, table: string, value: string, bins: Bins): Promise<number[]> {
  const list =
    bins.kind === 'edges'
      ? `'[${bins.edges.join(', ')}]'::double[]`
      : `[${bins.values.map(hex).join(', ')}]::varchar[]`;
  const bin =
    bins.kind === 'edges'
      ? `len(list_filter(${list}, lambda edge: edge <= ${value}))`
      : `coalesce(nullif(list_position(${list}, hex(${value})), 0) - 1, ${bins.values.length})`;
  const rows = await rowsOfQuery<{ bin: number; n: number }>(
    connection,
    `select (${bin})::double as bin, count(*)::double as n from ${table} where ${value} is not null group by bin`,
  );
  const size = 1 + (bins.kind === 'edges' ? bins.edges.length : bins.values.length);
  const counts = Array.from({ length: size }, () => 0);
  for (const row of rows) counts[row.bin] = row.n;
  return counts;
}
