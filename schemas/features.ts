import * as z from 'zod';

/** A field or column of the source. */
const column = z.string().min(1).max(128);

/** Name of a feature, and of its column where it has one; made of kind and column where it is left out. */
const name = z
  .string()
  .regex(
    /^[A-Za-z_][A-Za-z0-9_]{0,62}$/,
    'must be 1 to 63 letters, digits or "_", and not start with a digit: it becomes a column',
  )
  .optional();

/** 2^20 buckets are where a column of hashes stops being smaller than an embedding of its values. */
const hashBuckets = z
  .int()
  .min(2)
  .max(1 << 20);

/** Categories with a state of their own, the most frequent first; the others are unknown. */
const maxCategories = (most: number, usual: number) => z.int().min(1).max(most).default(usual);

/**
 * The column transforms, as data. Of numbers: `scale`, `bucket`; of categories: `oneHot`, `hash`, `cross`, `frequency`,
 * `target`; of times: `time`, `window`; of texts: `embedding`; and `copy` for what needs no change, such as a label.
 */
export const featureSpec = z.discriminatedUnion('kind', [
  /** (x - centre) / scale: mean and standard deviation, least and range, or median and quartile range. */
  z.strictObject({ kind: z.literal('scale'), name, column, method: z.enum(['standard', 'minMax', 'robust']) }),
  /** The number of the quantile that a value falls in, from 0; equal edges are one edge. */
  z.strictObject({ kind: z.literal('bucket'), name, column, buckets: z.int().min(2).max(1000) }),
  /** A column of 0 and 1 for each category, and one for all that is unknown; a missing value is 0 in all of them. */
  z.strictObject({ kind: z.literal('oneHot'), name, column, maxCategories: maxCategories(256, 20) }),
  /** MurmurHash3 (x86, 32 bits, seed 0) of the category's UTF-8, modulo the buckets. */
  z.strictObject({ kind: z.literal('hash'), name, column, buckets: hashBuckets }),
  /** The hash of several categories together. */
  z.strictObject({ kind: z.literal('cross'), name, columns: z.array(column).min(2).max(8), buckets: hashBuckets }),
  /** Share of the fitted rows that have the category; 0 for an unknown one. */
  z.strictObject({ kind: z.literal('frequency'), name, column, maxCategories: maxCategories(1_000_000, 100_000) }),
  /**
   * Mean of a number over the rows of the category, drawn to the mean of all rows by `smoothing` rows of it. A row that
   * was fitted on gets the mean of the other folds, so that its own target is never in it.
   */
  z.strictObject({
    kind: z.literal('target'),
    name,
    column,
    target: column,
    folds: z.int().min(2).max(20).default(5),
    smoothing: z.number().min(0).max(1e6).default(20),
    maxCategories: maxCategories(1_000_000, 100_000),
  }),
  /** A part of a time, in UTC: hour 0-23, weekday 0-6 from Monday, day 1-31, month 1-12, year; or all of it in seconds. */
  z.strictObject({
    kind: z.literal('time'),
    name,
    column,
    part: z.enum(['hour', 'weekday', 'day', 'month', 'year', 'epochSeconds']),
  }),
  /** Rows of the same entity in the hours before the row's time, which itself is left out: their count, or a number's. */
  z.strictObject({
    kind: z.literal('window'),
    name,
    entity: column,
    time: column,
    /** A year: what is longer is no window any more, and its history is kept with the transform. */
    hours: z
      .number()
      .positive()
      .max(366 * 24),
    aggregate: z.enum(['count', 'sum', 'mean']),
    /** The number that is summed; not for a count. */
    column: column.optional(),
  }),
  /** The vector of a text, by the configured encoder. */
  z.strictObject({ kind: z.literal('embedding'), name, column }),
  /** The value as it is read. */
  z.strictObject({ kind: z.literal('copy'), name, column, as: z.enum(['number', 'category', 'time', 'text']) }),
]);
export type FeatureSpec = z.output<typeof featureSpec>;

/** The name of a feature: as given, or made of what it reads. */
export function featureName(spec: FeatureSpec): string {
  if (spec.name !== undefined) return spec.name;
  const made =
    spec.kind === 'window'
      ? [spec.entity, spec.column, spec.aggregate, `${spec.hours}h`].filter((part) => part !== undefined).join('_')
      : spec.kind === 'cross'
        ? `${spec.columns.join('_')}_cross`
        : spec.kind === 'copy'
          ? spec.column
          : `${spec.column}_${'part' in spec ? spec.part : spec.kind}`;
  return made
    .replace(/[^A-Za-z0-9_]/g, '_')
    .replace(/^(?![A-Za-z_])/, '_')
    .slice(0, 63);
}

/** How texts become sequences of tokens of one length, for training a language model. */
export const sequenceSpec = z.strictObject({
  column: column.default('text').describe('Column with the text.'),
  length: z.int().min(8).max(131_072).default(2048).describe('Tokens of a sequence.'),
  packing: z
    .enum(['sequential', 'bestFit'])
    .default('sequential')
    .describe(
      'sequential: documents one after the other, cut where a sequence is full. bestFit: no document that fits into a sequence is cut; gaps are padded.',
    ),
  tail: z
    .enum(['pad', 'drop'])
    .default('pad')
    .describe(
      'sequential: what is done with the last sequence of a unit, which is not full. Dropped tokens are counted.',
    ),
  vocabulary: z
    .int()
    .min(257)
    .max(262_144)
    .default(8192)
    .describe('Tokens that the tokenizer has: 256 bytes, the special ones, and the merges that training finds.'),
  minFrequency: z.int().min(1).max(1_000_000).default(2).describe('A pair of tokens that is rarer is not merged.'),
  endOfText: z.string().min(1).max(64).default('<|endoftext|>').describe('Special token after each document.'),
  pad: z.string().min(1).max(64).default('<|pad|>').describe('Special token that fills a sequence.'),
  specialTokens: z
    .array(z.string().min(1).max(64))
    .max(256)
    .default([])
    .describe('More special tokens, such as those of a chat template.'),
});
export type SequenceSpec = z.output<typeof sequenceSpec>;

/** The most frequent runs of words of the source. */
export const ngramSpec = z.strictObject({
  column: column.default('text').describe('Column with the text.'),
  sizes: z
    .array(z.int().min(1).max(8))
    .min(1)
    .max(8)
    .default([1, 2, 3])
    .describe('Words in a run; words are runs of letters and digits, in lower case.'),
  top: z.int().min(1).max(1000).default(50).describe('Runs listed of each size.'),
});
export type NgramSpec = z.output<typeof ngramSpec>;

/** All that is to be made of a source. */
export const recipeSpec = z.strictObject({
  /** Column that names a row: copied to the features, and what the folds of target encoding are made by. */
  key: column.nullable(),
  features: z.array(featureSpec),
  sequences: sequenceSpec.nullable(),
  ngrams: ngramSpec.nullable(),
});
export type FeatureRecipe = z.output<typeof recipeSpec>;
