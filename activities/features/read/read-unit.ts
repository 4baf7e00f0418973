import path from 'node:path';
import type { FeatureRecipe } from '../../../schemas/features';
import { LineWriter } from '../../cleaning/line-writer';
import { failure } from '../../errors';
import type { Report } from '../../kit/heartbeat';
import { layoutOf, type Layout } from '../columns';
import { foldOf } from '../transform';
import { readValue, type Value } from '../values';
import { GramCounter, WordCounter } from './counters';
import { readRows, type RowSource } from './rows';

/** Files that reading a unit leaves; the last three are what fitting needs, and made into Parquet after. */
export const READ = {
  /** The raw values of each row, as a JSON array in the order of the recipe's columns. */
  rows: 'rows.jsonl',
  rejected: 'rejected.jsonl',
  values: 'values',
  words: 'words',
  grams: 'grams',
} as const;

export interface ReadTask {
  sources: RowSource[];
  recipe: FeatureRecipe;
  /** Whether a transform is fitted on the rows. */
  fits: boolean;
  /** For `rows` and `rejected`. */
  dir: string;
  /** For what is made into Parquet after. */
  scratch: string;
}

export interface ReadResult {
  read: number;
  kept: number;
  rejected: number;
  reasons: Record<string, number>;
}

export interface RejectedRow {
  source: string;
  row: number;
  reason: string;
  text: string;
}

/** Name and DuckDB type of each column of the values: `s<slot>`, and `f<folds>` for the folds of target encoding. */
export function valueColumns(recipe: FeatureRecipe): Record<string, string> {
  const types = { number: 'DOUBLE', category: 'VARCHAR', time: 'DOUBLE' } as const;
  const columns: Record<string, string> = {};
  layoutOf(recipe).slots.forEach(({ type }, slot) => {
    if (type !== 'text') columns[`s${slot}`] = types[type];
  });
  for (const folds of foldNumbers(recipe)) columns[`f${folds}`] = 'INTEGER';
  return columns;
}

/** Whether anything is fitted, or looked back on, by the values of rows. */
export const needsValues = (recipe: FeatureRecipe, fits: boolean): boolean =>
  recipe.features.some(
    ({ kind }) => kind === 'window' || (fits && ['scale', 'bucket', 'oneHot', 'frequency', 'target'].includes(kind)),
  );

const foldNumbers = (recipe: FeatureRecipe): Set<number> =>
  new Set(recipe.features.flatMap((spec) => (spec.kind === 'target' ? [spec.folds] : [])));

/**
 * Reads the rows of a unit and writes the values that the recipe needs, what is rejected and why, and what fitting
 * counts. Reports bytes read.
 * @throws `SourceChanged`, `InvariantBroken`.
 */
export async function readUnit(task: ReadTask, report: Report): Promise<ReadResult> {
  const { recipe, fits, dir, scratch } = task;
  const layout = layoutOf(recipe);
  const rows = new LineWriter(path.join(dir, READ.rows));
  const rejects = new LineWriter(path.join(dir, READ.rejected));
  const outputs = [rows, rejects];
  const open = (name: string) => {
    const writer = new LineWriter(path.join(scratch, `${name}.jsonl`));
    outputs.push(writer);
    return writer;
  };
  const values = needsValues(recipe, fits) ? new ValueWriter(open(READ.values), recipe, layout) : null;
  const words = recipe.sequences && fits ? new WordCounter(open(READ.words)) : null;
  const grams = recipe.ngrams ? new GramCounter(open(READ.grams), recipe.ngrams.sizes) : null;
  const textAt = (column: string | undefined) => (column === undefined ? -1 : layout.slotOf(column, 'text'));
  const [wordSlot, gramSlot] = [textAt(recipe.sequences?.column), textAt(recipe.ngrams?.column)];

  const result: ReadResult = { read: 0, kept: 0, rejected: 0, reasons: {} };
  let bytes = 0;
  try {
    for (const source of task.sources) {
      for await (const found of readRows(source, layout.columns, (more) => report((bytes += more), 0))) {
        result.read++;
        if ('problem' in found) {
          const { row, problem: reason, text } = found;
          rejects.write(JSON.stringify({ source: source.source, row, reason, text } satisfies RejectedRow));
          result.rejected++;
          result.reasons[reason] = (result.reasons[reason] ?? 0) + 1;
          continue;
        }
        rows.write(JSON.stringify(found.values));
        result.kept++;
        if (!values && !words && !grams) continue;
        const read = layout.slots.map(({ column, type }) => readValue(type, found.values[column]) ?? null);
        values?.write(read, found.values);
        words?.add(read[wordSlot]);
        grams?.add(read[gramSlot]);
        // Exported rows have no bytes to count: what is done still has to show.
        if (result.read % 1000 === 0) report(++bytes, 0);
      }
    }
    words?.end();
    grams?.end();
    for (const output of outputs) output.close();
  } finally {
    for (const output of outputs) output.release();
  }
  if (result.read !== result.kept + result.rejected) {
    throw failure(
      'InvariantBroken',
      `${result.read} rows were read, ${result.kept} kept, ${result.rejected} rejected.`,
    );
  }
  return result;
}

/** Writes values as JSON objects with the names of `valueColumns`. */
class ValueWriter {
  private readonly slots: number[];
  private readonly folds: number[];
  private readonly keySlot: number;

  constructor(
    private readonly lines: LineWriter,
    recipe: FeatureRecipe,
    layout: Layout,
  ) {
    this.slots = layout.slots.flatMap(({ type }, slot) => (type === 'text' ? [] : [slot]));
    this.folds = [...foldNumbers(recipe)];
    this.keySlot = recipe.key === null ? -1 : layout.slotOf(recipe.key, 'category');
  }

  write(values: readonly Value[], raw: readonly unknown[]): void {
    const parts = this.slots.map((slot) => `"s${slot}":${JSON.stringify(values[slot] ?? null)}`);
    for (const folds of this.folds) parts.push(`"f${folds}":${foldOf(values[this.keySlot], raw, folds)}`);
    this.lines.write(`{${parts.join(',')}}`);
  }
}
