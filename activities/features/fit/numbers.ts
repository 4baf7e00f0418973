import type { DuckDBConnection } from '@duckdb/node-api';
import type { FeatureSpec } from '../../../schemas/features';
import type { StateOf } from '../fitted';
import { rowsOfQuery } from '../parquet';

type Method = Extract<FeatureSpec, { kind: 'scale' }>['method'];

/** The numbers of a column in their order, on disk where they are many: quantiles are exact, in bounded memory. */
export class SortedColumn {
  private constructor(
    private readonly connection: DuckDBConnection,
    private readonly table: string,
    readonly count: number,
  ) {}

  static async of(connection: DuckDBConnection, table: string, column: string): Promise<SortedColumn> {
    const name = `sorted_${column}`;
    await connection.run(
      `create temp table ${name} as select ${column} as v from ${table} where ${column} is not null order by v`,
    );
    const [row] = await rowsOfQuery<{ n: number }>(connection, `select count(*)::double as n from ${name}`);
    return new SortedColumn(connection, name, row?.n ?? 0);
  }

  /**
   * The quantiles at the given shares, between two numbers by linear interpolation (type 7 of Hyndman and Fan 1996, as
   * numpy and pandas have it). None where the column is empty.
   */
  async quantiles(shares: readonly number[]): Promise<number[]> {
    if (this.count === 0) return [];
    const places = shares.map((share) => (this.count - 1) * share);
    const ranks = [...new Set(places.flatMap((place) => [Math.floor(place), Math.ceil(place)]))];
    // Rows of a table are numbered in the order in which they were put in.
    const rows = await rowsOfQuery<{ rank: number; v: number }>(
      this.connection,
      `select rowid::double as rank, v from ${this.table} where rowid in (${ranks.join(', ')})`,
    );
    const values = new Map(rows.map(({ rank, v }) => [rank, v]));
    return places.map((place) => {
      const low = values.get(Math.floor(place)) ?? 0;
      const high = values.get(Math.ceil(place)) ?? 0;
      return low + (high - low) * (place - Math.floor(place));
    });
  }
}

/** Inner edges of quantile buckets; those that fall together are one. */
export async function bucketEdges(column: SortedColumn, buckets: number): Promise<number[]> {
  const shares = Array.from({ length: buckets - 1 }, (_, at) => (at + 1) / buckets);
  return [...new Set(await column.quantiles(shares))];
}

/**
 * What is taken off a number, and what the rest is divided by; the divisor of a column that never changes is 1, as in
 * scikit-learn. The standard deviation is that of the rows themselves (divided by n).
 */
export async function scaleState(
  connection: DuckDBConnection,
  table: string,
  column: string,
  method: Method,
  sorted: SortedColumn | null,
): Promise<StateOf<'scale'>> {
  const of = (center: number, scale: number): StateOf<'scale'> => ({ kind: 'scale', center, scale: scale || 1 });
  if (sorted) {
    const [low = 0, middle = 0, high = 0] = await sorted.quantiles([0.25, 0.5, 0.75]);
    return of(middle, high - low);
  }
  const [row] = await rowsOfQuery<Record<'mean' | 'deviation' | 'least' | 'greatest', number | null>>(
    connection,
    `select avg(${column}) as mean, stddev_pop(${column}) as deviation, min(${column}) as least, max(${column}) as greatest
     from ${table}`,
  );
  const { mean, deviation, least, greatest } = row ?? {};
  return method === 'standard' ? of(mean ?? 0, deviation ?? 0) : of(least ?? 0, (greatest ?? 0) - (least ?? 0));
}
