import * as z from 'zod';
import { cleanCounts, datasetVersion, plantedCounts } from './clean-dataset';
import { artifactRef, concurrency, datasetReference, nameOf, outcome, sha256Hex, slug } from './common';
import { recipeName, ruleOverrides } from './recipes';
import { defineStage } from './stage';

const input = z.strictObject({
  dataset: datasetReference.describe(
    'Dataset that was cleaned with its scores: its name for the latest version, or name@version.',
  ),
  name: slug
    .optional()
    .describe('Name of the dataset whose next version is published; that of `dataset` when left out.'),
  recipe: recipeName.optional().describe('Recipe whose thresholds to apply; those of the dataset when left out.'),
  overrides: ruleOverrides
    .default({})
    .describe('Thresholds that replace those of the dataset or recipe; null switches a rule off.'),
  concurrency: concurrency.default(4).describe('Units in flight at once; change it on a live run with setConcurrency.'),
  force: z.boolean().default(false).describe('Do the work again although the same thresholds were applied before.'),
  dryRun: z.boolean().default(false).describe('Only say what would be done, and whether it was done before.'),
});

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  counts: cleanCounts,
  /** What it was made from. */
  from: datasetVersion,
  /** Absent after a dry run. */
  dataset: datasetVersion.optional(),
  rejects: artifactRef.optional(),
  report: artifactRef.optional(),
  signatures: artifactRef.optional(),
  planted: plantedCounts.optional(),
});

export const rethresholdDatasetStage = defineStage({
  name: 'rethresholdDataset',
  summary: 'Applies other thresholds to a dataset version by its kept scores: no text is read or judged again.',
  codeVersion: 1,
  input,
  output,
  example: { dataset: 'example@1', overrides: { minWords: 3 } },
  subject: (parsed) => parsed.name ?? nameOf(parsed.dataset),
});

export type RethresholdDatasetInput = z.output<typeof input>;
export type RethresholdDatasetOutput = z.output<typeof output>;
