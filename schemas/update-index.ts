import * as z from 'zod';
import { datasetVersion } from './clean-dataset';
import { concurrency, datasetReference, nameOf, outcome, sha256Hex, slug } from './common';
import { indexVersion } from './rebuild-index';
import { defineStage } from './stage';

const input = z.strictObject({
  dataset: datasetReference.describe(
    'Dataset that the index shall hold: its name for the latest version, or name@version.',
  ),
  index: slug.optional().describe('Alias of the index; the name of the dataset when left out.'),
  unitDocuments: z
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .describe('Documents in one unit of work: what a crash can cost at most.'),
  concurrency: concurrency.default(2).describe('Units in flight at once: one is embedded while another is written.'),
  force: z.boolean().default(false).describe('Compare again although the index was brought up to this version before.'),
  dryRun: z.boolean().default(false).describe('Only say whether the index was brought up to this version before.'),
});

/** How the documents stood. Each is counted once, so the numbers add up to all that the index or the dataset has. */
export const updateCounts = z.strictObject({
  /** The same in both. */
  unchanged: z.int().nonnegative(),
  added: z.int().nonnegative(),
  changed: z.int().nonnegative(),
  /** No longer in the dataset. */
  deleted: z.int().nonnegative(),
  /** Changed near-line since the sources of the dataset were read: left as they are. */
  newer: z.int().nonnegative(),
  /** On record as they should be, but not so in the index: written again. */
  repaired: z.int().nonnegative(),
});
export type UpdateCounts = z.infer<typeof updateCounts>;

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  dataset: datasetVersion,
  index: indexVersion,
  /** The dataset version that the index held before, as name@version; null for none. */
  before: z.string().nullable(),
  /** Chunks that were written. */
  chunks: z.int().nonnegative(),
  counts: updateCounts,
  /** Documents that a feed had written otherwise than the sources have them, which were read later; 0 is as it should be. */
  reconciled: z.int().nonnegative(),
});

export const updateIndexStage = defineStage({
  name: 'updateIndex',
  summary: 'Brings the live index up to a dataset version: only what differs is embedded and written, or deleted.',
  codeVersion: 1,
  input,
  output,
  example: { dataset: 'example', index: 'example' },
  subject: (parsed) => parsed.index ?? nameOf(parsed.dataset),
});

export type UpdateIndexInput = z.output<typeof input>;
export type UpdateIndexOutput = z.output<typeof output>;
