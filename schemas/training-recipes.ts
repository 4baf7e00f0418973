import * as z from 'zod';
import { distillationParameters } from './distillation-recipes';
import type { RecipeName } from './training';
import { architecture, common, lora, reward } from './training-parameters';

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
