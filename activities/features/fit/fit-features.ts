import type { DuckDBConnection } from '@duckdb/node-api';
import type { FeatureRecipe, FeatureSpec } from '../../../schemas/features';
import type { EncoderIdentity } from '../../../schemas/rebuild-index';
import { layoutOf, type Layout } from '../columns';
import { TRANSFORM_FORMAT, type FeatureState, type FittedTransform } from '../fitted';
import { parquetTable } from '../parquet';
import { topCategories, targetState } from './categories';
import { bucketEdges, scaleState, SortedColumn } from './numbers';

/** What fitting is given besides the values of the rows. */
export interface FitTask {
  recipe: FeatureRecipe;
  /** Parquet files of values, in the order of units. */
  files: readonly string[];
  rows: number;
  encoder: EncoderIdentity | null;
}

/**
 * Fits the features of a recipe by exact counts and quantiles over all rows. The same rows in the same order give the
 * same numbers, to the last bit: one thread reads them in their order.
 * @param report told of features fitted, of all.
 */
export async function fitFeatures(
  connection: DuckDBConnection,
  { recipe, files, rows, encoder }: FitTask,
  report: (done: number, total: number) => void,
): Promise<FittedTransform> {
  const table = files.length > 0 ? parquetTable(files) : null;
  const layout = layoutOf(recipe);
  const sorted = new Map<string, SortedColumn>();
  const features: FittedTransform['features'] = [];
  for (const [done, spec] of recipe.features.entries()) {
    const state = table ? await stateFor(connection, spec, layout, table, rows, sorted) : null;
    features.push({ spec, state });
    report(done + 1, recipe.features.length);
  }
  const { key, sequences, ngrams } = recipe;
  return { format: TRANSFORM_FORMAT, key, rows, features, sequences, ngrams, encoder };
}

async function stateFor(
  connection: DuckDBConnection,
  spec: FeatureSpec,
  layout: Layout,
  table: string,
  rows: number,
  sorted: Map<string, SortedColumn>,
): Promise<FeatureState | null> {
  const number = (column: string) => `s${layout.slotOf(column, 'number')}`;
  const category = (column: string) => `s${layout.slotOf(column, 'category')}`;
  // Several features of one column share its sorted values.
  const sortedColumn = async (column: string): Promise<SortedColumn> => {
    const known = sorted.get(column) ?? (await SortedColumn.of(connection, table, number(column)));
    sorted.set(column, known);
    return known;
  };
  switch (spec.kind) {
    case 'scale':
      return scaleState(
        connection,
        table,
        number(spec.column),
        spec.method,
        spec.method === 'robust' ? await sortedColumn(spec.column) : null,
      );
    case 'bucket':
      return { kind: 'bucket', edges: await bucketEdges(await sortedColumn(spec.column), spec.buckets) };
    case 'oneHot': {
      const top = await topCategories(connection, table, category(spec.column), spec.maxCategories);
      return { kind: 'oneHot', categories: top.map(([name]) => name) };
    }
    case 'frequency': {
      const counts = await topCategories(connection, table, category(spec.column), spec.maxCategories);
      return { kind: 'frequency', rows, counts };
    }
    case 'target':
      return targetState(connection, table, spec, category(spec.column), number(spec.target));
    default:
      return null;
  }
}
