import * as z from 'zod';
import { slug } from './common';
import { defineStage } from './stage';

const input = z.strictObject({
  index: slug.describe('Alias of the index that changes go to.'),
  batchDocuments: z
    .int()
    .min(1)
    .max(1_000)
    .default(128)
    .describe(
      'Changes in one batch at most. Fewer are taken at once: a batch is what has come while the last was written.',
    ),
  untilIdle: z
    .boolean()
    .default(false)
    .describe('End once no change waits; otherwise it goes on until it is cancelled.'),
});

export const feedCounts = z.strictObject({
  /** Changes that went through, each document counted once a batch. */
  changes: z.int().nonnegative(),
  written: z.int().nonnegative(),
  deleted: z.int().nonnegative(),
  /** The index had the document as it is. */
  same: z.int().nonnegative(),
  /** The index had a newer state of the document. */
  older: z.int().nonnegative(),
  batches: z.int().nonnegative(),
});
export type FeedCounts = z.infer<typeof feedCounts>;

const output = z.strictObject({ index: z.string(), counts: feedCounts });

export const indexFeedStage = defineStage({
  name: 'indexFeed',
  summary: 'Takes changes of documents from the outbox to the index within seconds, for as long as it runs.',
  codeVersion: 1,
  endless: { untilIdle: false },
  input,
  output,
  example: { index: 'example', untilIdle: true },
  subject: (parsed) => parsed.index,
});

export type IndexFeedInput = z.output<typeof input>;
export type IndexFeedOutput = z.output<typeof output>;
