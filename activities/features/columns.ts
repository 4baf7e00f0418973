import type { FeatureRecipe, FeatureSpec } from '../../schemas/features';
import type { ValueType } from './values';

/** A column read as a type: the same column may be read as several. */
export interface Slot {
  /** Place in the raw columns. */
  column: number;
  type: ValueType;
}

/** Columns of the source that a recipe reads, and how. */
export interface Layout {
  columns: readonly string[];
  slots: readonly Slot[];
  /** Place of a column read as a type. @throws where the recipe does not read it so. */
  slotOf(column: string, type: ValueType): number;
}

type Read = readonly [column: string, type: ValueType];

/** What a feature reads, in fitting and in applying together. */
function readsOf(spec: FeatureSpec): Read[] {
  switch (spec.kind) {
    case 'scale':
    case 'bucket':
      return [[spec.column, 'number']];
    case 'oneHot':
    case 'hash':
    case 'frequency':
      return [[spec.column, 'category']];
    case 'cross':
      return spec.columns.map((column): Read => [column, 'category']);
    case 'target':
      return [
        [spec.column, 'category'],
        [spec.target, 'number'],
      ];
    case 'time':
      return [[spec.column, 'time']];
    case 'window': {
      const event: Read[] = [
        [spec.entity, 'category'],
        [spec.time, 'time'],
      ];
      return spec.column === undefined ? event : [...event, [spec.column, 'number']];
    }
    case 'embedding':
      return [[spec.column, 'text']];
    case 'copy':
      return [[spec.column, spec.as]];
  }
}

/** The layout of a recipe: columns and slots in the order in which it first names them. */
export function layoutOf(recipe: FeatureRecipe): Layout {
  const columns = new Map<string, number>();
  const slots: Slot[] = [];
  const places = new Map<string, number>();
  const add = ([column, type]: Read): void => {
    if (places.has(`${type} ${column}`)) return;
    if (!columns.has(column)) columns.set(column, columns.size);
    places.set(`${type} ${column}`, slots.length);
    slots.push({ column: columns.get(column) ?? 0, type });
  };
  if (recipe.key !== null) add([recipe.key, 'category']);
  for (const spec of recipe.features) readsOf(spec).forEach(add);
  for (const texts of [recipe.sequences, recipe.ngrams]) if (texts) add([texts.column, 'text']);
  return {
    columns: [...columns.keys()],
    slots,
    slotOf(column, type) {
      const place = places.get(`${type} ${column}`);
      if (place === undefined) throw new Error(`The recipe does not read "${column}" as ${type}.`);
      return place;
    },
  };
}

/** Columns that rows must have. A target is only needed to fit: rows to predict do not have it yet. */
export function requiredColumns(recipe: FeatureRecipe, fits: boolean): string[] {
  const needed: FeatureRecipe = fits
    ? recipe
    : {
        ...recipe,
        features: recipe.features.map((spec) => (spec.kind === 'target' ? { ...spec, target: spec.column } : spec)),
      };
  return [...layoutOf(needed).columns];
}
