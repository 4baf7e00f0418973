import { recipeSpec, featureName, type FeatureRecipe } from '../../schemas/features';
import { layoutOf, type Layout } from './columns';
import { encoderOf, type Encoder, type OutputColumn, type OutputValue, type RowContext } from './encoders';
import type { FittedTransform } from './fitted';
import { hash32 } from './hash32';
import { seriesOf, WindowHistory, type HistoryEvent, type Series } from './history';
import { readValue, type Value } from './values';

/** A row by the names of its columns, as JSON has it. */
export type SourceRecord = Readonly<Record<string, unknown>>;

/** The features of a row, by the names of their columns. */
export type FeatureRow = Record<string, OutputValue>;

/** What the features of one row depend on besides the row. */
export interface ApplyOptions {
  /** The row is one of those that were fitted on: target encoding then leaves its fold out. */
  training?: boolean;
  /** Events that windows look back on, in place of those at the end of the fitted rows. */
  history?: WindowHistory;
  /** Vectors of the row's texts, by the name of the embedding feature; see `embeddedColumns`. */
  vectors?: ReadonlyMap<string, readonly number[]>;
  /** Told of each value that can not be used, and of each result that is no finite number. */
  onBad?: (column: string) => void;
}

/** Sets folds apart from the `hash` feature of the same column. */
const FOLD_SEED = 0x666f6c64;
const NO_VECTORS: ReadonlyMap<string, readonly number[]> = new Map();

/** The fold of a row: by its key where there is one, else by all that is read of it. */
export function foldOf(key: Value, raw: readonly unknown[], folds: number): number {
  return hash32(typeof key === 'string' ? key : JSON.stringify(raw), FOLD_SEED) % folds;
}

/**
 * A fitted transform: makes the features of a row, the same bits for the same row wherever and whenever. Units of the
 * workflow, the increment of a night and a single online record all go through `applyValues`.
 */
export class FeatureTransform {
  /** Columns of a record that are read. */
  readonly columns: readonly string[];
  /** Columns that are made, in their order. */
  readonly outputs: readonly OutputColumn[];
  /** Columns whose texts are embedded, by the name of the feature. */
  readonly embeddedColumns: ReadonlyMap<string, string>;
  private readonly layout: Layout;
  private readonly encoders: { encoder: Encoder; folds: number }[];
  private readonly series: readonly Series[];
  private readonly keySlot: number | null;

  /** @param history events at the end of the fitted rows, which windows of later rows reach back to. */
  constructor(
    readonly fitted: FittedTransform,
    readonly history: WindowHistory = new WindowHistory(),
  ) {
    const recipe = recipeOf(fitted);
    this.layout = layoutOf(recipe);
    this.columns = this.layout.columns;
    this.series = seriesOf(recipe.features);
    this.keySlot = recipe.key === null ? null : this.layout.slotOf(recipe.key, 'category');
    this.encoders = fitted.features.map(({ spec, state }) => ({
      encoder: encoderOf(spec, state, this.layout, this.series),
      folds: spec.kind === 'target' ? spec.folds : 0,
    }));
    const keyColumn: OutputColumn[] = recipe.key === null ? [] : [{ name: recipe.key, type: 'VARCHAR' }];
    this.outputs = [...keyColumn, ...this.encoders.flatMap(({ encoder }) => encoder.outputs)];
    this.embeddedColumns = new Map(
      recipe.features.flatMap((spec) => (spec.kind === 'embedding' ? [[featureName(spec), spec.column]] : [])),
    );
  }

  /** The features of one record. Never throws: what can not be read is null, as if it were missing. */
  apply(record: SourceRecord, options: ApplyOptions = {}): FeatureRow {
    const row = this.applyValues(this.rawOf(record), options);
    return Object.fromEntries(this.outputs.map(({ name }, place) => [name, row[place] ?? null]));
  }

  /** The raw values of a record in the order of `columns`; only its own fields are looked at. */
  rawOf(record: SourceRecord): unknown[] {
    return this.columns.map((column) => (Object.hasOwn(record, column) ? record[column] : null));
  }

  /** The features of raw values in the order of `columns`, in the order of `outputs`. */
  applyValues(raw: readonly unknown[], options: ApplyOptions = {}): OutputValue[] {
    const { training = false, history = this.history, vectors = NO_VECTORS, onBad } = options;
    const values = this.valuesOf(raw, onBad);
    const key = this.keySlot === null ? null : values[this.keySlot];
    const row: OutputValue[] = this.keySlot === null ? [] : [key ?? null];
    const context: RowContext = { fold: null, history, vectors };
    for (const { encoder, folds } of this.encoders) {
      const inFold = training && folds > 0 ? { ...context, fold: foldOf(key, raw, folds) } : context;
      encoder.encode(values, inFold, row);
    }
    for (let place = 0; place < row.length; place++) {
      const value = row[place];
      if (typeof value !== 'number' || Number.isFinite(value)) continue;
      onBad?.(this.outputs[place]?.name ?? '');
      row[place] = null;
    }
    return row;
  }

  /** What windows of other rows see of this one: one event a series, none where entity, time or number is missing. */
  eventsOf(raw: readonly unknown[]): HistoryEvent[] {
    const values = this.valuesOf(raw);
    return this.series.flatMap(({ entity, time, column }, series) => {
      const who = values[this.layout.slotOf(entity, 'category')];
      const when = values[this.layout.slotOf(time, 'time')];
      const what = column === null ? 0 : values[this.layout.slotOf(column, 'number')];
      if (typeof who !== 'string' || typeof when !== 'number' || typeof what !== 'number') return [];
      return [{ series, entity: who, time: when, value: what }];
    });
  }

  /** A history of the given records, on top of another where one is given (`transform.history` for rows that came later). */
  historyOf(records: Iterable<SourceRecord>, before: WindowHistory = new WindowHistory()): WindowHistory {
    return before.with([...records].flatMap((record) => this.eventsOf(this.rawOf(record))));
  }

  /** The values of a row by slot; what can not be used is told, and missing. */
  valuesOf(raw: readonly unknown[], onBad?: (column: string) => void): Value[] {
    return this.layout.slots.map(({ column, type }) => {
      const value = readValue(type, raw[column]);
      if (value === undefined) onBad?.(this.columns[column] ?? '');
      return value ?? null;
    });
  }
}

/** The recipe that a transform was fitted by. */
export const recipeOf = ({ key, features, sequences, ngrams }: FittedTransform): FeatureRecipe =>
  recipeSpec.parse({ key, features: features.map(({ spec }) => spec), sequences, ngrams });
