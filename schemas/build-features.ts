import * as z from 'zod';
import { artifactRef, concurrency, outcome, sha256Hex, slug } from './common';
import { datasetVersion } from './clean-dataset';
import { featureName, featureSpec, ngramSpec, sequenceSpec } from './features';
import { defineStage } from './stage';

const version = '[1-9][0-9]{0,8}';
const slugPattern = '[a-z0-9][a-z0-9._-]{0,62}';

const fields = z.strictObject({
  dataset: z
    .string()
    .regex(new RegExp(`^${slugPattern}(@${version})?$`), 'must be a dataset name, or name@version')
    .optional()
    .describe('Dataset to read: its name for the latest version, or name@version. Either this or `source`.'),
  source: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe(
      'Rows of Parquet, CSV or JSON Lines: a file or folder inside a configured root, s3://bucket/prefix, https://…, or postgres:NAME with a query.',
    ),
  query: z
    .string()
    .min(1)
    .max(10_000)
    .optional()
    .describe(
      'One select, for a source postgres:NAME: its rows, in the order of the column that `key` names (`id` without one).',
    ),
  name: slug
    .default('features')
    .describe('Name of the features and of their transform; each run publishes the next version.'),
  features: z
    .array(featureSpec)
    .max(200)
    .default([])
    .describe(
      'Column transforms, in the order of their columns: scale, bucket, oneHot, hash, cross, frequency and so on.',
    ),
  sequences: sequenceSpec.optional().describe('Tokenise and pack a text column into sequences of one length.'),
  ngrams: ngramSpec.optional().describe('Count runs of words.'),
  fit: z
    .string()
    .regex(new RegExp(`^(new|${slugPattern}@(latest|${version}))$`), 'must be "new", name@latest or name@version')
    .default('new')
    .describe(
      '`new` fits a transform on these rows. name@version applies one as it was fitted, to the increment of a night: `features`, `sequences` and `key` then come from it.',
    ),
  after: z
    .string()
    .regex(new RegExp(`^${slugPattern}@(latest|${version})$`), 'must be name@latest or name@version')
    .optional()
    .describe(
      'Features, made by the same transform, whose rows come before these: windows look back on them. Left out, on the rows that the transform was fitted on.',
    ),
  key: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe('Column that names a row: copied to the features; decides the fold of target encoding.'),
  unitBytes: z
    .int()
    .min(64 * 1024)
    .max(256 * 1024 * 1024)
    .default(8 * 1024 * 1024)
    .describe(
      'Source bytes in one unit of work: what a crash can cost at most. Decides how the result is cut in files.',
    ),
  concurrency: concurrency.default(4).describe('Units in flight at once; change it on a live run with setConcurrency.'),
  force: z.boolean().default(false).describe('Do the work again although it was done before.'),
  dryRun: z.boolean().default(false).describe('Only say what would be read, and whether it was done before.'),
});

const input = fields.superRefine((value, context) => {
  const issue = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
  if ((value.dataset === undefined) === (value.source === undefined)) {
    issue(['dataset'], 'name either a dataset or a source');
  }
  const wanted = value.features.length > 0 || value.sequences !== undefined || value.ngrams !== undefined;
  if (value.fit === 'new') {
    if (value.after !== undefined) issue(['after'], 'is for applying a transform: name one in `fit`');
    if (!wanted) issue(['features'], 'name at least one feature, or `sequences`, or `ngrams`');
  } else {
    for (const field of ['sequences', 'key', 'ngrams'] as const) {
      if (value[field] !== undefined) issue([field], `comes from the transform ${value.fit}: leave it out`);
    }
    if (value.features.length > 0) issue(['features'], `come from the transform ${value.fit}: leave them out`);
  }
  const names = new Set(value.key === undefined ? [] : [value.key.toLowerCase()]);
  value.features.forEach((spec, at) => {
    const name = featureName(spec);
    // DuckDB and Spark do not tell columns apart by case.
    if (names.has(name.toLowerCase())) issue(['features', at, 'name'], `"${name}" is taken: give this feature a name`);
    names.add(name.toLowerCase());
    if (spec.kind === 'window' && (spec.column === undefined) !== (spec.aggregate === 'count')) {
      issue(['features', at, 'column'], 'sum and mean need the column of a number, count takes none');
    }
  });
});

/** `read = kept + rejected`, and `kept` rows are in the features; both asserted on every run. */
export const featureCounts = z.strictObject({
  files: z.int().nonnegative(),
  read: z.int().nonnegative(),
  kept: z.int().nonnegative(),
  rejected: z.int().nonnegative(),
  /** Rejected rows by reason. */
  reasons: z.record(z.string(), z.int().positive()),
  /** Values that could not be used, of all columns: they count as missing, and the card says of which columns. */
  bad: z.int().nonnegative(),
  /** Tokens of all texts; each is in a sequence or counted as dropped. */
  tokens: z.int().nonnegative(),
  droppedTokens: z.int().nonnegative(),
  sequences: z.int().nonnegative(),
});
export type FeatureCounts = z.infer<typeof featureCounts>;

/** A published version of features: a table of one row for each row kept, and packed sequences. */
export const featureVersion = z.strictObject({
  name: slug,
  version: z.int().positive(),
  artifact: artifactRef,
  card: artifactRef,
});
export type FeatureVersion = z.infer<typeof featureVersion>;

/** A fitted transform. */
export const transformVersion = z.strictObject({ name: slug, version: z.int().positive(), artifact: artifactRef });
export type TransformVersion = z.infer<typeof transformVersion>;

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  counts: featureCounts,
  /** The dataset that was read; absent where files were. */
  dataset: datasetVersion.optional(),
  /** Absent after a dry run, like those below. */
  features: featureVersion.optional(),
  transform: transformVersion.optional(),
  rejects: artifactRef.optional(),
});

export const buildFeaturesStage = defineStage({
  name: 'buildFeatures',
  summary:
    'Fits a versioned transform (or takes one), and makes of rows the features and packed token sequences that models train on.',
  codeVersion: 2,
  input,
  output,
  example: {
    dataset: 'example',
    name: 'example',
    features: [
      { kind: 'scale', column: 'words', method: 'standard' },
      { kind: 'bucket', column: 'chars', buckets: 4 },
      { kind: 'oneHot', column: 'format' },
      { kind: 'cross', columns: ['format', 'source'], buckets: 64 },
    ],
    sequences: { length: 128, vocabulary: 512 },
    ngrams: {},
  },
  subject: (parsed) => parsed.name,
});

export type BuildFeaturesInput = z.output<typeof input>;
export type BuildFeaturesOutput = z.output<typeof output>;
