import { featureName, type FeatureSpec } from '../../schemas/features';
import type { Layout } from './columns';
import type { FeatureState, FoldSums, StateOf } from './fitted';
import { hash32 } from './hash32';
import { seriesPlace, type Series, type WindowHistory } from './history';
import type { Value } from './values';

/** A column of the features, with its type in Parquet. */
export interface OutputColumn {
  name: string;
  type: 'DOUBLE' | 'INTEGER' | 'VARCHAR' | 'TIMESTAMP' | 'FLOAT[]';
}

export type OutputValue = number | string | readonly number[] | null;

/** What a row is transformed with besides its own values. */
export interface RowContext {
  /** The fold that the row was fitted in; null for a row that was not. */
  fold: number | null;
  history: WindowHistory;
  /** Vectors of the row's texts by the name of the feature. */
  vectors: ReadonlyMap<string, readonly number[]>;
}

/** Makes the columns of one feature. */
export interface Encoder {
  outputs: OutputColumn[];
  /** Puts the feature's columns, made of the values of a row by slot, at the end of `row`. null is missing. */
  encode(values: readonly Value[], context: RowContext, row: OutputValue[]): void;
}

type Of<K extends FeatureSpec['kind']> = Extract<FeatureSpec, { kind: K }>;

/** Separates the parts of a cross: no text that is read holds it unescaped, as parts are written as JSON. */
const crossText = (parts: readonly string[]): string => JSON.stringify(parts);

/** The encoder of a feature. @throws where a state is missing that its kind needs. */
export function encoderOf(
  spec: FeatureSpec,
  state: FeatureState | null,
  layout: Layout,
  series: readonly Series[],
): Encoder {
  const name = featureName(spec);
  const single = (
    type: OutputColumn['type'],
    encode: (values: readonly Value[], context: RowContext) => OutputValue,
  ) => ({
    outputs: [{ name, type }],
    encode: (values: readonly Value[], context: RowContext, row: OutputValue[]) =>
      void row.push(encode(values, context)),
  });
  const ofNumber = (column: string, encode: (value: number) => number) => {
    const slot = layout.slotOf(column, 'number');
    return (values: readonly Value[]) => {
      const value = values[slot];
      return typeof value === 'number' ? encode(value) : null;
    };
  };
  const ofCategory = (column: string, encode: (value: string, context: RowContext) => OutputValue) => {
    const slot = layout.slotOf(column, 'category');
    return (values: readonly Value[], context: RowContext) => {
      const value = values[slot];
      return typeof value === 'string' ? encode(value, context) : null;
    };
  };

  switch (spec.kind) {
    case 'scale': {
      const { center, scale } = stateOf(state, 'scale');
      return single(
        'DOUBLE',
        ofNumber(spec.column, (value) => (value - center) / scale + 0),
      );
    }
    case 'bucket': {
      const { edges } = stateOf(state, 'bucket');
      return single(
        'INTEGER',
        ofNumber(spec.column, (value) => edgesUpTo(edges, value)),
      );
    }
    case 'oneHot':
      return oneHot(name, layout.slotOf(spec.column, 'category'), stateOf(state, 'oneHot').categories);
    case 'hash':
      return single(
        'INTEGER',
        ofCategory(spec.column, (value) => hash32(value) % spec.buckets),
      );
    case 'cross': {
      const slots = spec.columns.map((column) => layout.slotOf(column, 'category'));
      return single('INTEGER', (values) => {
        const parts = slots.map((slot) => values[slot]);
        return parts.every((part) => typeof part === 'string') ? hash32(crossText(parts)) % spec.buckets : null;
      });
    }
    case 'frequency': {
      const { rows, counts } = stateOf(state, 'frequency');
      const known = new Map(counts);
      return single(
        'DOUBLE',
        ofCategory(spec.column, (value) => (rows === 0 ? 0 : (known.get(value) ?? 0) / rows)),
      );
    }
    case 'target': {
      const mean = targetMean(spec, stateOf(state, 'target'));
      return single(
        'DOUBLE',
        ofCategory(spec.column, (value, { fold }) => mean(value, fold)),
      );
    }
    case 'time': {
      const slot = layout.slotOf(spec.column, 'time');
      return single('INTEGER', (values) => {
        const time = values[slot];
        return typeof time === 'number' ? partOfTime(spec.part, time) : null;
      });
    }
    case 'window': {
      const [entitySlot, timeSlot] = [layout.slotOf(spec.entity, 'category'), layout.slotOf(spec.time, 'time')];
      const place = seriesPlace(series, spec);
      return single(spec.aggregate === 'count' ? 'INTEGER' : 'DOUBLE', (values, { history }) => {
        const [entity, time] = [values[entitySlot], values[timeSlot]];
        if (typeof entity !== 'string' || typeof time !== 'number') return null;
        return history.aggregate(place, entity, time, spec);
      });
    }
    case 'embedding':
      return single('FLOAT[]', (_values, { vectors }) => vectors.get(name) ?? null);
    case 'copy':
      return copy(name, spec, layout);
  }
}

function stateOf<K extends FeatureState['kind']>(state: FeatureState | null, kind: K): StateOf<K> {
  if (state?.kind !== kind) throw new Error(`The transform holds no state for a feature of the kind ${kind}.`);
  return state as StateOf<K>;
}

/** How many edges are at or below the value. */
function edgesUpTo(edges: readonly number[], value: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}

function oneHot(name: string, slot: number, categories: readonly string[]): Encoder {
  const places = new Map(categories.map((category, place) => [category, place]));
  return {
    outputs: [...columnNames(name, categories), `${name}~unknown`].map((column) => ({ name: column, type: 'INTEGER' })),
    encode(values, _context, row) {
      const value = values[slot];
      const hot = typeof value === 'string' ? (places.get(value) ?? categories.length) : -1;
      for (let place = 0; place <= categories.length; place++) row.push(place === hot ? 1 : 0);
    },
  };
}

/** Longest part of a column's name that a category makes. */
const SHOWN_CHARS = 60;

/** A name for the column of each category: readers do not tell columns apart by case, and take no control characters. */
function columnNames(name: string, categories: readonly string[]): string[] {
  const taken = new Set<string>();
  return categories.map((category) => {
    const shown = `${name}=${category
      .replace(/\p{Cc}/gu, ' ')
      .slice(0, SHOWN_CHARS)
      .replace(/[\ud800-\udbff]$/, '')}`;
    let column = shown;
    for (let number = 2; taken.has(column.toLowerCase()); number++) column = `${shown}~${number}`;
    taken.add(column.toLowerCase());
    return column;
  });
}

/** (sum + smoothing * mean) / (rows + smoothing), over all folds but the one given, whose rows it may not see. */
function targetMean(
  spec: Of<'target'>,
  state: StateOf<'target'>,
): (category: string, fold: number | null) => number | null {
  const categories = new Map(state.categories);
  const none: FoldSums[] = [];
  return (category, fold) => {
    const [allSum, allRows] = sumOf(state.all, fold);
    if (allRows === 0) return null;
    const [sum, rows] = sumOf(categories.get(category) ?? none, fold);
    // Without smoothing an unknown category has no mean of its own.
    if (rows + spec.smoothing === 0) return allSum / allRows;
    return (sum + spec.smoothing * (allSum / allRows)) / (rows + spec.smoothing) + 0;
  };
}

/** Added up fold by fold, never total minus fold: a rounding error of a row's own target would give it away. */
function sumOf(folds: readonly FoldSums[], without: number | null): FoldSums {
  let [sum, rows] = [0, 0];
  folds.forEach((fold, place) => {
    if (place === without) return;
    sum += fold[0];
    rows += fold[1];
  });
  return [sum, rows];
}

function partOfTime(part: Of<'time'>['part'], time: number): number {
  const date = new Date(time);
  switch (part) {
    case 'hour':
      return date.getUTCHours();
    case 'weekday':
      return (date.getUTCDay() + 6) % 7;
    case 'day':
      return date.getUTCDate();
    case 'month':
      return date.getUTCMonth() + 1;
    case 'year':
      return date.getUTCFullYear();
    case 'epochSeconds':
      return Math.floor(time / 1000);
  }
}

const COPIED = { number: 'DOUBLE', category: 'VARCHAR', time: 'TIMESTAMP', text: 'VARCHAR' } as const;

function copy(name: string, spec: Of<'copy'>, layout: Layout): Encoder {
  const slot = layout.slotOf(spec.column, spec.as);
  return {
    outputs: [{ name, type: COPIED[spec.as] }],
    encode(values, _context, row) {
      const value = values[slot] ?? null;
      row.push(spec.as === 'time' && typeof value === 'number' ? new Date(value).toISOString() : value);
    },
  };
}
