import * as z from 'zod';
import type { CommonParameters } from './training-parameters';

/** What the student takes over from its base. */
const student = {
  layers: z
    .array(z.int().min(0).max(1_000))
    .min(1)
    .max(1_000)
    .optional()
    .describe('Layers of the base that the student begins with, counted from 0; every second one where none is named.'),
  intermediate: z
    .int()
    .min(8)
    .max(131_072)
    .optional()
    .describe(
      'Width of its feed-forward layers, of which those neurons stay that the texts move most; that of the base where it is not named.',
    ),
};

/** Parameters of the recipes that make a small model of a large one. */
export const distillationParameters = (common: CommonParameters) => ({
  /** Vectors of a teacher, by fewer layers of the base. */
  'distil-embedding': z.strictObject({
    ...common,
    ...student,
    batchSize: common.batchSize
      .default(64)
      .describe('Rows of a step over all ranks: how they lie to one another is what is learnt.'),
    microBatchSize: common.microBatchSize
      .default(64)
      .describe(
        'Texts that a rank takes at once. A larger share of the batch is gone through twice, with the same result.',
      ),
    learningRate: common.learningRate.default(1e-3),
    maxLength: common.maxLength.default(256),
    gradientCheckpointing: common.gradientCheckpointing.default(false),
    begin: z
      .enum(['words', 'layers'])
      .default('words')
      .describe(
        'What the student is at first. words: a vector for each word, fitted so that their mean over a text is what the teacher says of it, and layers that add nothing yet. layers: those of the base; a base that gives the vector of its first token always begins so.',
      ),
    vectorWeight: z
      .number()
      .min(0)
      .max(1_000)
      .default(1)
      .describe('Of the distance of each vector from that of the teacher: 1 - cosine.'),
    similarityWeight: z
      .number()
      .min(0)
      .max(1_000)
      .default(1)
      .describe('Of how the texts of a step lie to one another, by the teacher and by the student: KL divergence.'),
    scale: z.number().positive().max(1_000).default(20).describe('What cosines are multiplied with; 1 / temperature.'),
    dims: z
      .array(z.int().min(8).max(65_536))
      .max(8)
      .default([])
      .describe("Shorter vectors that are to lie to one another as the teacher's whole ones do (Matryoshka)."),
  }),
  /** What a teacher says of texts, softened, and labels where there are some. */
  'distil-classifier': z.strictObject({
    ...common,
    ...student,
    learningRate: common.learningRate.default(1e-4),
    maxLength: common.maxLength.default(256),
    gradientCheckpointing: common.gradientCheckpointing.default(false),
    temperature: z
      .number()
      .positive()
      .max(100)
      .default(2)
      .describe('What the logits of both are divided by: more lets the less likely classes count for more.'),
    hardWeight: z
      .number()
      .min(0)
      .max(1)
      .default(0.3)
      .describe('Share of the loss that is by labels, in rows that have one; the rest is by the teacher.'),
  }),
});
