import * as z from 'zod';
import { featureSpec, ngramSpec, sequenceSpec } from '../../schemas/features';
import { encoderIdentity } from '../../schemas/rebuild-index';

/** File of a transform artifact that holds everything but the tokenizer and the history of windows. */
export const TRANSFORM_FILE = 'transform.json';
/** A Hugging Face tokenizer, where the transform makes sequences. */
export const TOKENIZER_FILE = 'tokenizer.json';
/** Events at the end of the fitted rows that windows of later rows reach back to: JSON Lines of `HistoryEvent`. */
export const HISTORY_FILE = 'history.jsonl';

/** Raised when the file of an older version could not be read as it is any more. */
export const TRANSFORM_FORMAT = 1;

/** Sum of targets and rows. */
const foldSums = z.tuple([z.number(), z.int().nonnegative()]);
export type FoldSums = z.infer<typeof foldSums>;

/** What fitting found out for a feature; kinds without a state are not in here. */
export const featureState = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('scale'), center: z.number(), scale: z.number() }),
  /** Upper edges of all buckets but the last, strictly rising: a value on an edge is in the bucket above it. */
  z.strictObject({ kind: z.literal('bucket'), edges: z.array(z.number()) }),
  z.strictObject({ kind: z.literal('oneHot'), categories: z.array(z.string()) }),
  z.strictObject({
    kind: z.literal('frequency'),
    rows: z.int().nonnegative(),
    counts: z.array(z.tuple([z.string(), z.int().positive()])),
  }),
  z.strictObject({
    kind: z.literal('target'),
    /** Of all rows, fold by fold. */
    all: z.array(foldSums),
    /** Of each category, fold by fold. */
    categories: z.array(z.tuple([z.string(), z.array(foldSums)])),
  }),
]);
export type FeatureState = z.infer<typeof featureState>;
export type StateOf<K extends FeatureState['kind']> = Extract<FeatureState, { kind: K }>;

/** transform.json: what is made of a row, and what fitting found out for it. */
export const fittedTransform = z.strictObject({
  format: z.literal(TRANSFORM_FORMAT),
  /** Column that names a row, or null. */
  key: z.string().nullable(),
  /** Rows that were fitted on. */
  rows: z.int().nonnegative(),
  features: z.array(z.strictObject({ spec: featureSpec, state: featureState.nullable() })),
  sequences: sequenceSpec.nullable(),
  ngrams: ngramSpec.nullable(),
  /** The encoder of embeddings: another one would give vectors that can not be compared. */
  encoder: encoderIdentity.nullable(),
});
export type FittedTransform = z.infer<typeof fittedTransform>;
