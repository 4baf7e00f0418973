import * as z from 'zod';
import { PLANTED_KINDS } from './cleaning-names';
import { artifactRef, concurrency, outcome, sha256Hex, slug } from './common';
import { evaluationSets, lists } from './cleaning-references';
import { recipeName, resolveRules, ruleOverrides, unboundRules } from './recipes';
import { defineStage } from './stage';

/** What a file is read as; chosen by its extension. */
export const documentFormat = z.enum(['text', 'markdown', 'html', 'jsonl', 'parquet', 'csv', 'warc']);
export type DocumentFormat = z.infer<typeof documentFormat>;

const fields = z.strictObject({
  source: z
    .string()
    .min(1)
    .max(4096)
    .describe(
      'What to clean: a file or folder inside a configured root, s3://bucket/prefix, https://…, or postgres:NAME with a query.',
    ),
  query: z
    .string()
    .min(1)
    .max(16_384)
    .nullable()
    .default(null)
    .describe('Of a source postgres:NAME: one select with the columns that textField and idField name.'),
  name: slug.default('documents').describe('Name of the dataset; each run publishes its next version.'),
  recipe: recipeName.default('fineweb').describe('Which set of quality rules to apply.'),
  overrides: ruleOverrides
    .default({})
    .describe('Thresholds that replace those of the recipe; null switches a rule off.'),
  formats: z
    .array(documentFormat)
    .min(1)
    .default([...documentFormat.options])
    .describe('Which kinds of files to read; others are left alone and counted.'),
  textField: z
    .string()
    .min(1)
    .max(128)
    .default('text')
    .describe('Field or column that holds the text, in JSON Lines, Parquet and CSV.'),
  idField: z
    .string()
    .min(1)
    .max(128)
    .default('id')
    .describe('Field or column that names a record; the row number where it is missing.'),
  titleField: z
    .string()
    .min(1)
    .max(128)
    .optional()
    .describe(
      'Field or column that holds the title; "title" when left out. Of records with a question and an answer name the ' +
        'question here and the answer in textField: rebuildIndex can keep them as pairs.',
    ),
  urlField: z
    .string()
    .min(1)
    .max(128)
    .default('url')
    .describe('Field or column of the address that a document came from, for the filter "url".'),
  lists: lists
    .default({})
    .describe('What the filters "url" and "badWords" look for: items, or a file inside a source root, one a line.'),
  decontaminate: evaluationSets
    .default([])
    .describe(
      'Evaluation sets: documents that share 13 words in a row with one are rejected. Each has a name and a file or dataset.',
    ),
  scores: z
    .boolean()
    .default(true)
    .describe('Keep every statistic of every document, so that rethresholdDataset can apply other thresholds later.'),
  maxDocumentBytes: z
    .int()
    .min(1024)
    .max(64 * 1024 * 1024)
    .default(8 * 1024 * 1024)
    .describe(
      'A longer document is rejected as document_too_large: one runaway line must not take the memory of a worker.',
    ),
  unitBytes: z
    .int()
    .min(64 * 1024)
    .max(256 * 1024 * 1024)
    .default(4 * 1024 * 1024)
    .describe(
      'Source bytes in one unit of work: what a crash can cost at most. Part of the result only in how shards are cut.',
    ),
  maxDrift: z
    .number()
    .min(0)
    .max(100)
    .nullable()
    .default(10)
    .describe(
      'Hold for approve or reject when a reason drops this many percentage points more or less than in the last version; null: never.',
    ),
  against: z
    .union([z.enum(['none', 'previous']), z.array(z.int().positive()).min(1).max(1000)])
    .default('none')
    .describe(
      'Versions of this dataset whose documents are dropped when they come again: none, all previous ones, or a list.',
    ),
  takeOver: z
    .boolean()
    .default(true)
    .describe(
      'Take over from the last version what files that are the same came to under the same rules, and filter only the rest. ' +
        'Costs half a kilobyte of storage a document.',
    ),
  concurrency: concurrency.default(4).describe('Units in flight at once; change it on a live run with setConcurrency.'),
  force: z
    .boolean()
    .default(false)
    .describe('Do the work again although the same input, recipe and code were done before.'),
  dryRun: z
    .boolean()
    .default(false)
    .describe('Only list the source: files, bytes, units, and whether it was done before.'),
});

/** A rule or filter that could never fire is an error of the input: nobody would notice. */
const input = fields.superRefine(({ recipe, overrides, lists: given }, context) => {
  const wrong = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
  for (const { rule, problem } of unboundRules(recipe, overrides)) wrong(['overrides', rule], problem);
  const rules = resolveRules(recipe, overrides);
  const hasList = (...names: (keyof typeof given)[]) => names.some((name) => given[name] !== undefined);
  if (rules.filters.includes('url') && !hasList('urlDomains', 'urls', 'urlWords', 'urlSoftWords', 'urlSubstrings')) {
    wrong(
      ['lists'],
      'has nothing for the filter "url": give urlDomains, urls, urlWords, urlSoftWords or urlSubstrings',
    );
  }
  if (rules.filters.includes('badWords') && !(hasList('badWords') && rules.dropBadWords)) {
    wrong(['lists', 'badWords'], 'is what the filter "badWords" looks for; "overrides.dropBadWords" says how');
  }
  if (rules.filters.includes('language') && rules.languages === null && rules.minLanguageScore === null) {
    wrong(['overrides', 'languages'], 'or "minLanguageScore" is what the filter "language" needs');
  }
});

/** What was cut out of documents that stay, since it stands in another place. */
export const cutCounts = z.strictObject({
  documents: z.int().nonnegative(),
  /** Lines, paragraphs or sentences. */
  spans: z.int().nonnegative(),
  /** Code points, with the white space between spans. */
  chars: z.int().nonnegative(),
});
export type CutCounts = z.infer<typeof cutCounts>;

/** `read = kept + rejected`, asserted on every run. */
export const cleanCounts = z.strictObject({
  files: z.int().nonnegative(),
  read: z.int().nonnegative(),
  kept: z.int().nonnegative(),
  rejected: z.int().nonnegative(),
  /** Rejected documents by reason, duplicates included. */
  reasons: z.record(z.string(), z.int().positive()),
  /** Lines that C4 left out of documents, by datatrove's name of the reason. */
  lines: z.record(z.string(), z.int().positive()).optional(),
  /** Personal data that was found in documents to keep, by kind. */
  pii: z.record(z.string(), z.int().positive()).optional(),
  /** Absent where no repeated spans were sought. */
  cut: cutCounts.optional(),
});
export type CleanCounts = z.infer<typeof cleanCounts>;

/** What was as in the version before, and not filtered again. */
export const takenOverCounts = z.strictObject({
  /** Documents of files that are the same, of all that were read. */
  documents: z.int().nonnegative(),
  /** Units of which nothing has changed, and how many there are. */
  units: z.int().nonnegative(),
  of: z.int().nonnegative(),
});
export type TakenOverCounts = z.infer<typeof takenOverCounts>;

/** Known duplicates that a run made of its own documents, by kind: how many, and how many of them it found. */
export const plantedCounts = z.array(
  z.strictObject({ kind: z.enum(PLANTED_KINDS), planted: z.int().positive(), found: z.int().nonnegative() }),
);
export type PlantedCounts = z.infer<typeof plantedCounts>;

/** A published dataset version. */
export const datasetVersion = z.strictObject({ name: slug, version: z.int().positive(), artifact: artifactRef });
export type DatasetVersion = z.infer<typeof datasetVersion>;

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  counts: cleanCounts,
  /** Absent after a dry run. */
  dataset: datasetVersion.optional(),
  rejects: artifactRef.optional(),
  report: artifactRef.optional(),
  /** The signature index of the version, for later runs `against` it. */
  signatures: artifactRef.optional(),
  /** How well the run finds duplicates, measured on itself. */
  planted: plantedCounts.optional(),
  /** Who let a held run go on, and what they said; absent where none was held. */
  approval: z.strictObject({ by: z.string(), note: z.string() }).optional(),
  /** Absent where nothing may be taken over, and of runs from before anything could. */
  takenOver: takenOverCounts.optional(),
});

export const cleanDatasetStage = defineStage({
  name: 'cleanDataset',
  summary: 'Reads documents, drops the poor and the repeated ones with a reason each, and publishes a dataset version.',
  codeVersion: 5,
  input,
  output,
  example: { source: 'docs', name: 'example', recipe: 'minimal' },
  subject: (parsed) => parsed.name,
});

export type CleanDatasetInput = z.output<typeof input>;
export type CleanDatasetOutput = z.output<typeof output>;
