import * as z from 'zod';
import type { RecipeName } from './training';

/** What every recipe takes. */
const common = {
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

/** Adapters instead of whole weights. */
const lora = z
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

/** Parameters of each recipe. Owned by the recipes: a field here is read by the module of the same name. */
export const RECIPE_PARAMETERS = {
  pretrain: z.strictObject({ ...common, learningRate: common.learningRate.default(3e-4) }),
  sft: z.strictObject({
    ...common,
    lora,
    packing: z
      .boolean()
      .default(false)
      .describe(
        'Several texts in a row, without padding: faster where texts are short. Needs flash attention to keep them apart.',
      ),
    completionOnly: z.boolean().default(true).describe('The loss of answers alone, and not of prompts.'),
  }),
  reward: z.strictObject({ ...common, lora }),
  dpo: z.strictObject({ ...common, lora }),
  grpo: z.strictObject({ ...common, lora }),
  moe: z.strictObject({ ...common }),
  embedding: z.strictObject({ ...common }),
  classifier: z.strictObject({ ...common }),
} satisfies Record<RecipeName, z.ZodObject>;

/** What a recipe needs of its data and models. */
export interface RecipeNeeds {
  /** Names of columns that each row must have; the input's `columns` says what they are called in the data. */
  columns: readonly string[];
  /** One of these sets of columns will do instead, such as packed sequences instead of text. */
  orColumns?: readonly (readonly string[])[];
  /** Roles of models that must be named. */
  models: readonly string[];
}

export const RECIPE_NEEDS: Record<RecipeName, RecipeNeeds> = {
  pretrain: { columns: ['text'], orColumns: [['input_ids']], models: [] },
  sft: { columns: ['text'], orColumns: [['prompt', 'completion'], ['messages']], models: ['base'] },
  reward: { columns: ['chosen', 'rejected'], models: ['base'] },
  dpo: { columns: ['chosen', 'rejected'], models: ['base'] },
  grpo: { columns: ['prompt'], models: ['base'] },
  moe: { columns: ['text'], orColumns: [['input_ids']], models: [] },
  embedding: { columns: ['anchor', 'positive'], models: ['base'] },
  classifier: { columns: ['text', 'label'], models: ['base'] },
};
