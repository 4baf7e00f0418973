import * as z from 'zod';
import { chunking } from './chunking';
import { datasetVersion } from './clean-dataset';
import { concurrency, datasetReference, nameOf, outcome, sha256Hex, slug } from './common';
import { evaluation, golden, searchProfile } from './relevance';
import { defineStage } from './stage';

export { chunking, type Chunking } from './chunking';

const input = z.strictObject({
  dataset: datasetReference.describe('Dataset to index: its name for the latest version, or name@version.'),
  index: slug.optional().describe('Alias that searches go to; the name of the dataset when left out.'),
  chunking: chunking
    .prefault({})
    .describe('How documents are cut: sentences, parents, pairs or whole; see docs/chunking.md.'),
  encoder: slug
    .default('auto')
    .describe(
      'Encoder of the vectors, by its name in temporal.config.ts ("default" is the one under `encoder`); "auto" takes the one for the language of most documents.',
    ),
  golden: golden
    .optional()
    .describe(
      'Queries with the documents that answer them: how the index is searched is fitted to them, and it must answer them no worse than the live one.',
    ),
  unitDocuments: z
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .describe('Documents in one unit of work: what a crash can cost at most.'),
  concurrency: concurrency.default(3).describe('Units in flight at once: one embedding, one indexing, one waiting.'),
  rollbackHours: z
    .number()
    .min(0)
    .max(24 * 30)
    .default(24)
    .describe('Hours in which the index before still receives updates and can be gone back to; 0 for none.'),
  force: z
    .boolean()
    .default(false)
    .describe('Build again although the same dataset, model and chunking were built before.'),
  dryRun: z.boolean().default(false).describe('Only say what would be built, and whether it was built before.'),
});

export const indexCounts = z.strictObject({
  documents: z.int().nonnegative(),
  chunks: z.int().nonnegative(),
  /** Chunks whose id and content hash were found in the new index, exactly. */
  verified: z.int().nonnegative(),
});
export type IndexCounts = z.infer<typeof indexCounts>;

/** Documents of one source: as many as the dataset has, and as many as the index was found to hold. */
export const sourceCount = z.strictObject({
  source: z.string(),
  expected: z.int().nonnegative(),
  found: z.int().nonnegative(),
});
export type SourceCount = z.infer<typeof sourceCount>;

/**
 * Documents of the dataset by their sources, as the verification counted them. Those that updates have changed since the
 * build began are not among them: the ledger stands for those.
 */
export const sourceCounts = z.strictObject({
  sources: z.int().nonnegative(),
  /** Sources whose numbers differ; 0 in any index that goes live. */
  differing: z.int().nonnegative(),
  documents: z.strictObject({ expected: z.int().nonnegative(), found: z.int().nonnegative() }),
  /** At most ten: those that differ first, then the largest. */
  named: z.array(sourceCount),
});
export type SourceCounts = z.infer<typeof sourceCounts>;

/** What embedding took. No count of the index: the same index made again takes less. */
export const embeddingCounts = z.strictObject({
  /** Chunks whose text went through the encoder. */
  embedded: z.int().nonnegative(),
  /** Chunks whose vector was there already: of an earlier run, or of an equal text. */
  fromCache: z.int().nonnegative(),
});
export type EmbeddingCounts = z.infer<typeof embeddingCounts>;

/** What an index costs for each document of its dataset, in bytes. */
export const bytesPerDocument = z.strictObject({
  /** Texts of its chunks with their contexts, in UTF-8. */
  text: z.int().nonnegative(),
  /** Vectors of its chunks, as 32-bit floats. */
  vectors: z.int().nonnegative(),
  /** All of the index on disk when it was sealed, without copies of its shards. */
  disk: z.int().nonnegative(),
});
export type BytesPerDocument = z.infer<typeof bytesPerDocument>;

/** The encoder that made the vectors: indexes of different fingerprints are never mixed. */
export const encoderIdentity = z.strictObject({
  name: z.string(),
  fingerprint: sha256Hex,
  dimensions: z.int().positive(),
});
export type EncoderIdentity = z.infer<typeof encoderIdentity>;

/** A physical index behind its alias. */
export const indexVersion = z.strictObject({ alias: slug, version: z.int().positive(), physical: z.string() });
export type IndexVersion = z.infer<typeof indexVersion>;

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  dataset: datasetVersion,
  encoder: encoderIdentity,
  counts: indexCounts,
  /** Absent in results from before there was a cache. */
  embedding: embeddingCounts.optional(),
  bytesPerDocument: bytesPerDocument.optional(),
  /** Absent in results from before sources were counted. */
  sources: sourceCounts.optional(),
  /** Absent after a dry run. */
  index: indexVersion.optional(),
  /** The index that served before and is kept; null when this is the first. */
  previous: z.string().nullable().optional(),
  /** How it answers golden queries, and how it is searched; absent where there were none. */
  evaluation: evaluation.optional(),
  profile: searchProfile.optional(),
  /** Who let it go live although it may answer worse. */
  approval: z.strictObject({ by: z.string(), note: z.string() }).optional(),
});

export const rebuildIndexStage = defineStage({
  name: 'rebuildIndex',
  summary:
    'Cuts, embeds and indexes a dataset version beside the live index, verifies every chunk, then swaps the alias.',
  codeVersion: 1,
  input,
  output,
  example: { dataset: 'example', index: 'example' },
  subject: (parsed) => parsed.index ?? nameOf(parsed.dataset),
});

export type RebuildIndexInput = z.output<typeof input>;
export type RebuildIndexOutput = z.output<typeof output>;
