import * as z from 'zod';
import { artifactRef, outcome, sha256Hex, slug } from './common';
import { modelReference } from './models';
import { defineStage } from './stage';
import { RECIPES, trainingResult } from './training';
import { RECIPE_NEEDS, RECIPE_PARAMETERS } from './training-recipes';
import { attemptUsage, trainingBudget, trainingData, trainingRules, trainingUsage } from './training-run';

const fields = z.strictObject({
  recipe: z
    .enum(RECIPES)
    .default('pretrain')
    .describe('What is trained, and how. docs/training.md says what each needs.'),
  parameters: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      'Parameters of the recipe that are not to be its defaults, such as {"steps": 200, "learningRate": 0.0001}.',
    ),
  name: slug.default('model').describe('Name of the model; each run publishes its next version.'),
  base: modelReference
    .optional()
    .describe('Registered model to start from, as name@version; importModel registers one.'),
  models: z
    .record(slug, modelReference)
    .default({})
    .describe('More models that a recipe reads, by their roles, such as {"reward": "judge@2"}.'),
  data: trainingData,
  evalData: trainingData.optional(),
  columns: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe('What a column is called in the data, by the name that the recipe knows, as in {"text": "body"}.'),
  launcher: slug.default('local').describe('Where it runs: a name under training.launchers in temporal.config.ts.'),
  nodes: z.int().min(1).max(4_096).default(1).describe('Nodes at once; none begins before all are free.'),
  processesPerNode: z.int().min(1).max(64).default(1).describe('Ranks on each node: one a GPU, or one a core.'),
  perNode: z
    .strictObject({
      cpus: z.int().min(1).max(4_096).optional().describe('Cores; one a rank when left out.'),
      gpus: z.int().min(0).max(64).default(0),
      memoryGiB: z
        .number()
        .positive()
        .max(65_536)
        .default(4)
        .describe('Too little for the model is refused before it starts.'),
    })
    .prefault({}),
  spot: z
    .boolean()
    .default(false)
    .describe('Whether its nodes may be taken away: it then goes on from its checkpoint.'),
  priority: z.int().min(1).max(5).default(3).describe('In the queue for devices, from 1, the most urgent, to 5.'),
  fairnessKey: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 letters, digits, ".", "_" or "-"')
    .default('default')
    .describe('Who it is for: of equal priority, who has the fewest devices goes first.'),
  budget: trainingBudget.prefault({}),
  rules: trainingRules.prefault({}),
  minImprovement: z
    .number()
    .min(-1_000)
    .max(1_000)
    .nullable()
    .default(0)
    .describe(
      'Share by which the metric must be better than before the training, or the run holds for a person; null for never.',
    ),
  timeLimitHours: z
    .number()
    .min(0.01)
    .max(8_760)
    .default(168)
    .describe('Of one attempt. A checkpoint is made before it is over, and the next attempt goes on.'),
  force: z.boolean().default(false).describe('Do the work again although it was done before.'),
  dryRun: z.boolean().default(false).describe('Only say what would be trained on, and whether it was done before.'),
});

const input = fields.superRefine((value, context) => {
  const parsed = RECIPE_PARAMETERS[value.recipe].safeParse(value.parameters);
  for (const issue of parsed.error?.issues ?? []) {
    context.addIssue({ ...issue, path: ['parameters', ...issue.path] });
  }
  const roles = new Set([...Object.keys(value.models), ...(value.base === undefined ? [] : ['base'])]);
  const { models: needed, mayUse = [] } = RECIPE_NEEDS[value.recipe];
  for (const role of Object.keys(value.models)) {
    if ([...needed, ...mayUse].includes(role)) continue;
    context.addIssue({ code: 'custom', path: ['models', role], message: `is no role of the recipe ${value.recipe}` });
  }
  if (mayUse.includes('base') && !roles.has('base') && !('architecture' in value.parameters)) {
    const message =
      'is needed where there is no base: the measures of a new model, or {} for one of 20 million parameters';
    context.addIssue({ code: 'custom', path: ['parameters', 'architecture'], message });
  }
  for (const role of needed) {
    if (roles.has(role)) continue;
    const message = `the recipe ${value.recipe} needs a model: a registered one, as name@version`;
    context.addIssue({ code: 'custom', path: role === 'base' ? ['base'] : ['models', role], message });
  }
  if (value.base !== undefined && 'base' in value.models) {
    context.addIssue({ code: 'custom', path: ['models', 'base'], message: 'is named by `base` already' });
  }
  if (value.perNode.gpus > 0 && value.perNode.gpus < value.processesPerNode) {
    context.addIssue({
      code: 'custom',
      path: ['perNode', 'gpus'],
      message: 'must be one for each of processesPerNode',
    });
  }
});

/** What is trained. */
export const trainingCounts = z.strictObject({
  rows: z.int().nonnegative(),
  evalRows: z.int().nonnegative(),
  /** Optimiser steps, and parameters of the model; 0 before it is trained. */
  steps: z.int().nonnegative(),
  parameters: z.int().nonnegative(),
});
export type TrainingCounts = z.infer<typeof trainingCounts>;

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  counts: trainingCounts,
  /** Absent after a dry run, like those below. */
  model: z.strictObject({ name: slug, version: z.int().positive(), artifact: artifactRef }).optional(),
  metrics: trainingResult.pick({ before: true, after: true, metric: true }).optional(),
  usage: trainingUsage.optional(),
  /** The last attempts. */
  attempts: z.array(attemptUsage).max(20).optional(),
  /** Who let it go on although its metric did not move as it should. */
  approval: z.strictObject({ by: z.string(), note: z.string() }).optional(),
});

export const trainModelStage = defineStage({
  name: 'trainModel',
  summary: 'Starts a distributed training job, watches over it whatever fails, and publishes a verified model.',
  codeVersion: 2,
  input,
  output,
  example: {
    recipe: 'pretrain',
    name: 'example',
    data: { dataset: 'example' },
    parameters: {
      steps: 6,
      batchSize: 4,
      microBatchSize: 2,
      maxLength: 32,
      checkpointEverySteps: 3,
      architecture: { hidden: 32, intermediate: 64, layers: 2, heads: 2, keyValueHeads: 2, vocabulary: 300 },
    },
    minImprovement: null,
  },
  needs: 'trainers',
  subject: ({ name }) => name,
});

export type TrainModelInput = z.output<typeof input>;
export type TrainModelOutput = z.output<typeof output>;
