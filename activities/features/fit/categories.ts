import type { DuckDBConnection } from '@duckdb/node-api';
import type { FeatureSpec } from '../../../schemas/features';
import type { FoldSums, StateOf } from '../fitted';
import { rowsOfQuery } from '../parquet';

/** The most frequent categories with their rows; of equally frequent ones those first whose bytes come first. */
export async function topCategories(
  connection: DuckDBConnection,
  table: string,
  column: string,
  most: number,
): Promise<[string, number][]> {
  const rows = await rowsOfQuery<{ category: string; n: number }>(
    connection,
    `select ${column} as category, count(*)::double as n from ${table} where ${column} is not null
     group by category order by n desc, category limit ${most}`,
  );
  return rows.map(({ category, n }) => [category, n]);
}

/** Sums and numbers of targets, fold by fold: of all rows with a target, and of each of the most frequent categories. */
export async function targetState(
  connection: DuckDBConnection,
  table: string,
  spec: Extract<FeatureSpec, { kind: 'target' }>,
  column: string,
  target: string,
): Promise<StateOf<'target'>> {
  const fold = `f${spec.folds}`;
  const none = (): FoldSums[] => Array.from({ length: spec.folds }, () => [0, 0]);
  const all = none();
  const sums = `sum(${target}) as sum, count(*)::double as n`;
  for (const row of await rowsOfQuery<{ fold: number; sum: number; n: number }>(
    connection,
    `select ${fold} as fold, ${sums} from ${table} where ${target} is not null group by fold order by fold`,
  )) {
    all[row.fold] = [row.sum, row.n];
  }
  const top = await topCategories(connection, table, column, spec.maxCategories);
  const categories = new Map(top.map(([category]) => [category, none()]));
  const rows = await rowsOfQuery<{ category: string; fold: number; sum: number; n: number }>(
    connection,
    `select ${column} as category, ${fold} as fold, ${sums} from ${table}
     where ${target} is not null and ${column} is not null group by category, fold order by category, fold`,
  );
  for (const row of rows) {
    const folds = categories.get(row.category);
    if (folds) folds[row.fold] = [row.sum, row.n];
  }
  return { kind: 'target', all, categories: [...categories] };
}
