import * as z from 'zod';
import { distillationParameters } from './distillation-recipes';
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
export type CommonParameters = typeof common;

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

/** A decoder that is made anew, by default one of 20 million parameters. */
const architecture = z
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
const reward = z
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

// Adapters have few weights, each of which has to go further.
const LORA_LEARNING_RATE = 'For lora about ten times as much as for all weights: 2e-4.';

const freezeLayers = z
  .int()
  .min(0)
  .max(255)
  .default(0)
  .describe('The lowest layers, and the embeddings, stay as they are: faster, and harder to overfit with few rows.');

/** Parameters of each recipe. Owned by the recipes: a field here is read by the module of the same name. */
export const RECIPE_PARAMETERS = {
  /** From nothing, by `architecture`, or on from a base. A row is a packed sequence of `maxLength` tokens. */
  pretrain: z.strictObject({
    ...common,
    learningRate: common.learningRate.default(3e-4),
    weightDecay: common.weightDecay.default(0.1),
    architecture: architecture.optional().describe('Of a new model; without it a base is needed.'),
  }),
  sft: z.strictObject({
    ...common,
    learningRate: common.learningRate.describe(LORA_LEARNING_RATE),
    lora,
    packing: z
      .boolean()
      .default(false)
      .describe(
        'Several texts in a row, without padding: faster where texts are short. Flash attention keeps them apart.',
      ),
    completionOnly: z
      .boolean()
      .default(true)
      .describe(
        'Learns completions and answers, and not prompts; of messages, all answers where the template marks them.',
      ),
  }),
  reward: z.strictObject({ ...common, learningRate: common.learningRate.default(1e-5), lora }),
  dpo: z.strictObject({
    ...common,
    learningRate: common.learningRate.default(1e-6).describe('More makes it forget. For lora: 5e-6.'),
    lora,
    beta: z
      .number()
      .positive()
      .max(10)
      .default(0.1)
      .describe('How strongly it is held to the base; less lets it go further.'),
    loss: z
      .enum(['sigmoid', 'ipo', 'hinge', 'robust'])
      .default('sigmoid')
      .describe('sigmoid is DPO; ipo does not overfit certain preferences; robust allows for labels that are wrong.'),
  }),
  grpo: z.strictObject({
    ...common,
    batchSize: common.batchSize.default(8).describe('Prompts of a step; each has `generations` completions.'),
    microBatchSize: common.microBatchSize.describe('Completions that a rank takes at once.'),
    learningRate: common.learningRate.default(1e-6),
    maxLength: common.maxLength.describe('Tokens of a prompt, of which the last are kept.'),
    lora,
    generations: z
      .int()
      .min(2)
      .max(256)
      .default(8)
      .describe('Completions of a prompt, which are compared with one another.'),
    completionLength: z.int().min(1).max(131_072).default(256).describe('Tokens at most.'),
    temperature: z.number().positive().max(10).default(1),
    beta: z
      .number()
      .min(0)
      .max(10)
      .default(0.04)
      .describe('Weight of the distance from the base; 0 spares its memory.'),
    rewards: z
      .array(reward)
      .max(20)
      .default([])
      .describe('What can be checked. With a model in the role `reward`, both count.'),
    modelWeight: z.number().min(-100).max(100).default(1).describe('Of the reward model.'),
  }),
  /** From nothing, by `architecture`, or from a dense base, whose feed-forward layers become the experts. */
  moe: z.strictObject({
    ...common,
    learningRate: common.learningRate.default(1e-4),
    weightDecay: common.weightDecay.default(0.1),
    architecture: architecture
      .optional()
      .describe('Of a new model, and of each of its experts; without it a base is needed.'),
    family: z.enum(['mixtral', 'qwen3']).default('mixtral').describe('Of a new model; a base decides for itself.'),
    experts: z.int().min(2).max(1_024).default(8),
    expertsPerToken: z.int().min(1).max(64).default(2),
    balanceWeight: z
      .number()
      .min(0)
      .max(1)
      .default(0.01)
      .describe('Of the loss that keeps experts evenly used; 0 lets most of them die.'),
    routerNoise: z
      .number()
      .min(0)
      .max(1)
      .default(0.02)
      .describe('Standard deviation of new routers over a base: equal experts need it to grow apart.'),
  }),
  embedding: z.strictObject({
    ...common,
    batchSize: common.batchSize.describe(
      'Rows of a step over all ranks: the others are what an anchor is told apart from.',
    ),
    microBatchSize: common.microBatchSize
      .default(32)
      .describe(
        'Texts that a rank takes at once. A larger share of the batch is gone through twice, with the same result.',
      ),
    maxLength: common.maxLength.default(256),
    gradientCheckpointing: common.gradientCheckpointing.default(false),
    scale: z.number().positive().max(1_000).default(20).describe('What cosines are multiplied with; 1 / temperature.'),
    dims: z
      .array(z.int().min(8).max(65_536))
      .max(8)
      .default([])
      .describe('Shorter vectors that are to be good by themselves (Matryoshka), cut from the whole one.'),
    freezeLayers,
    head: z
      .boolean()
      .default(false)
      .describe(
        'Learns a linear layer on the vectors of the base, and nothing of the base: each text is embedded once, so that steps take milliseconds and batches may hold all rows.',
      ),
    blend: z
      .number()
      .gt(0)
      .max(1)
      .default(1)
      .describe(
        'Share of what was learnt that the result keeps: 0.5 is halfway back to the base, which is surer with few rows (WiSE-FT).',
      ),
  }),
  classifier: z.strictObject({
    ...common,
    maxLength: common.maxLength.default(256),
    gradientCheckpointing: common.gradientCheckpointing.default(false),
    head: z
      .enum(['classes', 'score'])
      .default('classes')
      .describe('classes: one of the labels. score: a number, for labels from 0 to 1, as a ranker of pairs has it.'),
    freezeLayers,
  }),
  ...distillationParameters(common),
} satisfies Record<RecipeName, z.ZodObject>;

/** What a recipe needs of its data and models. */
export interface RecipeNeeds {
  /** Names of columns that each row must have; the input's `columns` says what they are called in the data. */
  columns: readonly string[];
  /** One of these sets of columns will do instead, such as packed sequences instead of text. */
  orColumns?: readonly (readonly string[])[];
  /** Columns that are read where they are there. */
  mayHave?: readonly string[];
  /** Roles of models that must be named. */
  models: readonly string[];
  /** Roles of models that may be named. */
  mayUse?: readonly string[];
}

export const RECIPE_NEEDS: Record<RecipeName, RecipeNeeds> = {
  // Sequences need their tokenizer: that of a base, or one in a role of its own.
  pretrain: {
    columns: ['text'],
    orColumns: [['input_ids']],
    mayHave: ['seq_lengths'],
    models: [],
    mayUse: ['base', 'tokenizer'],
  },
  sft: { columns: ['text'], orColumns: [['prompt', 'completion'], ['messages']], models: ['base'] },
  reward: { columns: ['chosen', 'rejected'], mayHave: ['prompt'], models: ['base'] },
  dpo: { columns: ['chosen', 'rejected'], mayHave: ['prompt'], models: ['base'] },
  // `answer` is needed by a reward of the kind exact.
  grpo: { columns: ['prompt'], mayHave: ['answer'], models: ['base'], mayUse: ['reward'] },
  moe: {
    columns: ['text'],
    orColumns: [['input_ids']],
    mayHave: ['seq_lengths'],
    models: [],
    mayUse: ['base', 'tokenizer'],
  },
  embedding: { columns: ['anchor', 'positive'], models: ['base'] },
  classifier: { columns: ['text', 'label'], models: ['base'] },
  // `vector`: a list of numbers, the teacher's. Without it the model in the role `teacher` makes them, or the base itself.
  'distil-embedding': { columns: ['text'], mayHave: ['vector'], models: ['base'], mayUse: ['teacher'] },
  // `logits`: a list with the teacher's number for each of its classes, in its own order; without it as above.
  'distil-classifier': {
    columns: ['text'],
    mayHave: ['logits', 'label'],
    models: ['base'],
    mayUse: ['teacher'],
  },
};
