import * as z from 'zod';

/** What every recipe takes. */
export const common = {
  epochs: z.number().positive().max(1_000).default(1).describe('Times that the rows are gone through.'),
  steps: z.int().positive().max(10_000_000).optional().describe('Optimiser steps, instead of epochs.'),
  batchSize: z
    .int()
    .min(1)
    .max(1_048_576)
    .default(32)
    .describe('Rows of an optimiser step over all ranks: with another world size the steps stay the same.'),
  microBatchSize: z
    .int()
    .min(1)
    .max(4_096)
    .default(8)
    .describe('Rows that a rank takes at once; the rest is accumulated.'),
  learningRate: z.number().positive().max(10).default(2e-5),
  schedule: z.enum(['cosine', 'linear', 'constant']).default('cosine'),
  warmupShare: z.number().min(0).max(0.5).default(0.03).describe('Share of the steps in which the rate rises from 0.'),
  weightDecay: z.number().min(0).max(1).default(0),
  maxGradientNorm: z.number().positive().max(1_000).default(1),
  maxLength: z.int().min(8).max(131_072).default(512).describe('Tokens of a row; what is longer is cut.'),
  precision: z
    .enum(['auto', 'fp32', 'bf16'])
    .default('auto')
    .describe('auto: bf16 on a GPU that has it, otherwise fp32.'),
  parallel: z.enum(['ddp', 'fsdp']).default('ddp').describe('fsdp shards parameters and state over the ranks (FSDP2).'),
  gradientCheckpointing: z
    .boolean()
    .default(true)
    .describe('Activations are computed again for the gradients: a fifth slower, and far less memory.'),
  evalShare: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.05)
    .describe('Share of the rows held back where no evaluation data is named.'),
  evalRows: z
    .int()
    .min(1)
    .max(1_000_000)
    .default(1_000)
    .describe('Of the rows held back, at most so many are judged by, before and after.'),
  evalEverySteps: z.int().min(1).max(1_000_000).optional().describe('Judged in between, too.'),
  logEverySteps: z.int().min(1).max(10_000).default(1),
  checkpointEverySteps: z.int().min(1).max(1_000_000).default(100).describe('What a crash costs at most.'),
  keepCheckpoints: z.int().min(1).max(100).default(2).describe('The latest ones; the others are removed.'),
  timeoutSeconds: z
    .int()
    .min(30)
    .max(86_400)
    .default(1_200)
    .describe('A rank that has waited so long for the others ends the job as one of the infrastructure.'),
  seed: z
    .int()
    .min(0)
    .max(2 ** 31 - 1)
    .default(1),
};
export type CommonParameters = typeof common;

/** Adapters instead of whole weights. */
export const lora = z
  .strictObject({
    rank: z.int().min(1).max(512).default(16),
    alpha: z.number().positive().max(4_096).default(32),
    dropout: z.number().min(0).max(0.9).default(0),
    /** Names of layers; `all-linear` is every linear one but the head. */
    targets: z.union([z.literal('all-linear'), z.array(z.string().min(1)).min(1)]).default('all-linear'),
    /** The base in 4 bits (QLoRA); needs a GPU and bitsandbytes. */
    quantised: z.boolean().default(false),
    result: z
      .enum(['merged', 'adapter'])
      .default('merged')
      .describe('merged: a model like any other. adapter: what PEFT puts on the base, some megabytes.'),
  })
  .optional();

/** A decoder that is made anew, by default one of 20 million parameters. */
export const architecture = z
  .strictObject({
    hidden: z.int().min(8).max(32_768).default(384).describe('Width; a multiple of heads.'),
    intermediate: z.int().min(8).max(131_072).default(1_024).describe('Width of the feed-forward layers.'),
    layers: z.int().min(1).max(256).default(8),
    heads: z.int().min(1).max(256).default(6).describe('Of attention.'),
    keyValueHeads: z.int().min(1).max(256).default(6).describe('Fewer make a smaller cache; a divisor of heads.'),
    tiedEmbeddings: z
      .boolean()
      .default(true)
      .describe('One table for tokens read and written, which spares small models much.'),
    vocabulary: z
      .int()
      .min(300)
      .max(1_000_000)
      .default(16_384)
      .describe('Tokens of the tokenizer that is trained on the texts where none is named.'),
  })
  .refine((made) => made.hidden % (2 * made.heads) === 0, 'hidden must be an even multiple of heads')
  .refine((made) => made.heads % made.keyValueHeads === 0, 'keyValueHeads must divide heads');

/** A reward of a completion that needs no model, from 0 to 1. */
export const reward = z
  .strictObject({
    kind: z
      .enum(['exact', 'regex', 'length', 'json'])
      .describe(
        'exact: it is the column `answer`. regex: `pattern` is found in it. length: `least` to `most` tokens; outside, the nearer the more. json: it is valid JSON.',
      ),
    weight: z.number().min(-100).max(100).default(1),
    pattern: z
      .string()
      .min(1)
      .max(1_000)
      .optional()
      .describe('As Python reads it; a dot is any character, line ends too.'),
    least: z.int().min(0).max(131_072).optional(),
    most: z.int().min(1).max(131_072).optional(),
  })
  .refine(
    (given) => (given.kind === 'regex') === (given.pattern !== undefined),
    'pattern goes with regex, and only with it',
  )
  .refine(
    (given) => given.kind === 'length' || (given.least === undefined && given.most === undefined),
    'least and most go with length',
  )
  .refine((given) => (given.least ?? 0) <= (given.most ?? Infinity), 'least must not be above most');
