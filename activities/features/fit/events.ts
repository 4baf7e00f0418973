import type { DuckDBConnection } from '@duckdb/node-api';
import type { FeatureRecipe } from '../../../schemas/features';
import { literal } from '../../cleaning/duckdb';
import { layoutOf } from '../columns';
import { longestWindow, seriesOf } from '../history';
import { jsonTable, parquetTable, rowsOfQuery } from '../parquet';

/** Events of all rows, in the order of their times, so that a reader of a span of time skips the rest. */
export const EVENTS = 'events.parquet';

const HOUR = 3_600_000;
const EVENT_COLUMNS = { series: 'INTEGER', entity: 'VARCHAR', time: 'DOUBLE', value: 'DOUBLE' };
/** Rows that are read or left out together. */
const GROUP_ROWS = 20_480;

/**
 * Gathers the events of all rows, and of an earlier history, sorted by time, entity and value.
 * @param files values of the rows, as the read phase leaves them.
 * @param history JSON Lines of what comes before the rows, or null.
 */
export async function writeEvents(
  connection: DuckDBConnection,
  recipe: FeatureRecipe,
  files: readonly string[],
  history: string | null,
  target: string,
): Promise<void> {
  const layout = layoutOf(recipe);
  const parts = seriesOf(recipe.features).map(({ entity, time, column }, series) => {
    const who = `s${layout.slotOf(entity, 'category')}`;
    const when = `s${layout.slotOf(time, 'time')}`;
    const what = column === null ? '0::double' : `s${layout.slotOf(column, 'number')}`;
    return `select ${series} as series, ${who} as entity, ${when} as time, ${what} as value from ${parquetTable(files)}
      where ${who} is not null and ${when} is not null and ${what} is not null`;
  });
  if (history) parts.push(`select series, entity, time, value from ${jsonTable(history, EVENT_COLUMNS)}`);
  const query = `select * from (${parts.join(' union all ')}) order by time, series, entity, value`;
  await connection.run(
    `copy (${query}) to ${literal(target)} (format parquet, compression zstd, row_group_size ${GROUP_ROWS})`,
  );
}

/**
 * Writes the events that windows of later rows may look back on: those in the longest window before the newest ones.
 * The newest are the latest hundredth: a few times that lie ahead by mistake do not push all others out.
 */
export async function writeTail(
  connection: DuckDBConnection,
  recipe: FeatureRecipe,
  events: string,
  target: string,
): Promise<void> {
  const newest = `(select approx_quantile(time, 0.99) from ${parquetTable([events])})`;
  await connection.run(
    `copy (select * from ${parquetTable([events])} where time >= ${newest} - ${longestWindow(recipe.features) * HOUR})
     to ${literal(target)} (format json)`,
  );
}

/** Writes the events that the rows of a unit look back on: of the same entities, in the span of time that they see. */
export async function writeUnitHistory(
  connection: DuckDBConnection,
  recipe: FeatureRecipe,
  values: string,
  events: string,
  target: string,
): Promise<void> {
  const layout = layoutOf(recipe);
  const rows = parquetTable([values]);
  const wanted = seriesOf(recipe.features).map(({ entity, time }, series) => ({
    series,
    who: `s${layout.slotOf(entity, 'category')}`,
    when: `s${layout.slotOf(time, 'time')}`,
  }));
  const parts: string[] = [];
  for (const { series, who, when } of wanted) {
    const [span] = await rowsOfQuery<{ first: number | null; last: number | null }>(
      connection,
      `select min(${when}) as first, max(${when}) as last from ${rows} where ${who} is not null`,
    );
    // Constants, not a join: they are what lets whole groups of rows be left out.
    if (span?.first === null || span?.first === undefined || span.last === null) continue;
    const first = span.first - longestWindow(recipe.features) * HOUR;
    parts.push(`select * from ${parquetTable([events])} where series = ${series} and time >= ${first} and time < ${span.last}
      and entity in (select distinct ${who} from ${rows})`);
  }
  const none = 'select 0 as series, null::varchar as entity, 0::double as time, 0::double as value where false';
  await connection.run(`copy (${[none, ...parts].join(' union all ')}) to ${literal(target)} (format json)`);
}
