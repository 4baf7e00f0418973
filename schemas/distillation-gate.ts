import * as z from 'zod';
import { estimate } from './relevance';
import { trainingData } from './training-run';

/** What a student may compute in. */
export const STUDENT_PRECISIONS = ['fp32', 'fp16', 'int8'] as const;
export const studentPrecision = z.enum(STUDENT_PRECISIONS);
export type StudentPrecision = z.infer<typeof studentPrecision>;

const distance = z.number().min(0).max(2);

/** What a student has to show before it is taken. */
export const studentGate = z.strictObject({
  golden: z
    .string()
    .min(1)
    .max(4_096)
    .optional()
    .describe(
      'For encoders: JSON Lines of {"query", "relevant"} inside a source root, or an artifact, as rebuildIndex takes it. Judged by nDCG@10 of the vectors alone.',
    ),
  documents: trainingData.optional().describe('The documents that golden queries name, with the columns id and text.'),
  maxDocuments: z
    .int()
    .min(10)
    .max(1_000_000)
    .default(20_000)
    .describe('Of more documents, those that answer a query and a part of the others that only their ids decide.'),
  cases: trainingData
    .optional()
    .describe('For classifiers: texts with their labels, in the columns text and label. Judged by macro F1.'),
  keep: z
    .number()
    .min(0)
    .max(1)
    .default(0.97)
    .describe('Share of the quality of the teacher that it keeps at least, by the lower end of the 95% interval.'),
  minimumCases: z.int().min(10).max(1_000_000).default(50).describe('Of fewer queries or cases nothing is claimed.'),
  speed: z
    .strictObject({
      minimum: z
        .number()
        .min(0)
        .max(1_000)
        .default(1.5)
        .describe(
          'Times as many texts in a second as the teacher, in each bucket, both in onnxruntime on the gpu pool.',
        ),
      buckets: z
        .array(z.int().min(4).max(8_192))
        .min(1)
        .max(12)
        .default(() => [16, 32, 64, 128, 256])
        .describe('Tokens of the texts that are timed.'),
      texts: z.int().min(1).max(10_000).default(64).describe('Texts of a round.'),
      rounds: z
        .int()
        .min(1)
        .max(101)
        .default(5)
        .describe('By turns with the teacher, after one to warm up; the median counts.'),
    })
    .prefault({}),
  tolerance: z
    .strictObject({
      fp32: distance
        .default(1e-4)
        .describe('Of the graph from what PyTorch gave. One that is off by more ends the run.'),
      fp16: distance.default(0.002).describe('From 32 bits, as below.'),
      int8: distance
        .default(0.05)
        .describe('From 32 bits, on average: 1 - cosine of vectors, or the change of a probability.'),
    })
    .prefault({}),
});
export type StudentGate = z.output<typeof studentGate>;

/** How far what a model gives lies from what it should: 1 - cosine of vectors, or the largest change of a probability. */
export const difference = z.strictObject({
  texts: z.int().nonnegative(),
  mean: z.number().nonnegative(),
  worst: z.number().nonnegative(),
});
export type Difference = z.infer<typeof difference>;

/** Texts in a second of both, by turns. */
export const speedOfBucket = z.strictObject({
  /** Tokens that the bucket is for, and those that its texts have on average. */
  tokens: z.int().positive(),
  meanTokens: z.number().nonnegative(),
  teacher: z.number().nonnegative(),
  student: z.number().nonnegative(),
  /** Median of what the rounds said, and the lowest and highest of them. */
  times: z.strictObject({ median: z.number(), lowest: z.number(), highest: z.number() }),
});
export type SpeedOfBucket = z.infer<typeof speedOfBucket>;

/** The quality of both on the same queries or cases. */
export const studentQuality = z.strictObject({
  metric: z.enum(['nDCG@10', 'macro F1']),
  cases: z.int().nonnegative(),
  teacher: z.number(),
  student: z.number(),
  gain: estimate,
  /** Share of the teacher's quality that is kept; null where the teacher has none. */
  kept: estimate.nullable(),
  verdict: z.enum(['promote', 'reject', 'hold']),
  says: z.string(),
});
export type StudentQuality = z.infer<typeof studentQuality>;

/** A student in one precision, as far as it was looked at. */
export const measuredStudent = z.strictObject({
  precision: studentPrecision,
  /** Bytes of its graph. */
  bytes: z.int().nonnegative(),
  /** From 32 bits; of 32 bits, from PyTorch. null where there was nothing to compare with. */
  difference: difference.nullable(),
  quality: studentQuality.nullable(),
  speed: z.array(speedOfBucket),
  /** Why it was not taken; empty for one that passed. */
  objections: z.array(z.string()),
});
export type MeasuredStudent = z.infer<typeof measuredStudent>;
