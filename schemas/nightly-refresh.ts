import * as z from 'zod';
import { buildFeaturesStage } from './build-features';
import { cleanDatasetStage } from './clean-dataset';
import { outcome, sha256Hex, slug } from './common';
import { distillModelStage } from './distill-model';
import { promoteVersionStage } from './promote-version';
import { defineStage } from './stage';
import { trainModelStage } from './train-model';
import { updateIndexStage } from './update-index';

/** What a night does, in this order. Each is a stage of its own, started as a child. */
export const NIGHT_STAGES = {
  clean: cleanDatasetStage,
  features: buildFeaturesStage,
  index: updateIndexStage,
  train: trainModelStage,
  distill: distillModelStage,
  promote: promoteVersionStage,
} as const;
export type NightStep = keyof typeof NIGHT_STAGES;
export const NIGHT_STEPS = Object.keys(NIGHT_STAGES) as NightStep[];

const stepOf = (step: NightStep) => `Input of ${NIGHT_STAGES[step].name}, as one starts it alone`;
const LATEST = 'A name without a version means the version that this night makes.';

const input = z.strictObject({
  clean: cleanDatasetStage.input.describe(
    `${stepOf('clean')}. {night} in a text of any step stands for the night, as in {"source": "incoming/{night}"}.`,
  ),
  features: buildFeaturesStage.input.optional().describe(`${stepOf('features')}; none when left out. ${LATEST}`),
  index: updateIndexStage.input.optional().describe(`${stepOf('index')}; none when left out. ${LATEST}`),
  train: trainModelStage.input
    .optional()
    .describe(`${stepOf('train')}; none when left out. Only when enough is new: minNewDocuments. ${LATEST}`),
  minNewDocuments: z
    .int()
    .min(0)
    .max(1_000_000_000)
    .default(1_000)
    .describe(
      'Documents that no version of the model was trained on yet, from which on a night trains it; 0: every night.',
    ),
  distill: distillModelStage.input.optional().describe(`${stepOf('distill')}; none when left out. ${LATEST}`),
  promote: promoteVersionStage.input
    .optional()
    .describe(
      `${stepOf('promote')}; none when left out. Only what this night has made. It waits for a person where no verdict lets it through.`,
    ),
  name: slug.default('nightly').describe('What these nights are called.'),
  night: z.iso
    .date()
    .optional()
    .describe('Which night it is, as YYYY-MM-DD: of the schedule, or by the clock (UTC), when left out.'),
  force: z.boolean().default(false).describe('Do every step again although it was done before.'),
  dryRun: z.boolean().default(false).describe('Only say what each step would do by what is there now.'),
});

export const nightState = z.enum([
  /** Something new was made. */
  'done',
  /** The same work was done before: nothing has changed for it. */
  'unchanged',
  /** There is not enough new yet. */
  'not due',
  'failed',
  /** What it needs has failed. */
  'left out',
  /** Only looked at. */
  'dry run',
]);
export type NightState = z.infer<typeof nightState>;

/** How a step went. */
export const nightStep = z.strictObject({
  step: z.enum(NIGHT_STEPS),
  state: nightState,
  /** For people: what changed, or why not. */
  says: z.string().max(600),
  /** What it made, as name@version. */
  made: z.string().optional(),
  /** In the currency of the configuration; absent for steps that name none. */
  cost: z.number().nonnegative().optional(),
});
export type NightStepResult = z.infer<typeof nightStep>;

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  night: z.iso.date(),
  /** Steps that the input names. A night of which one has failed is a failed run. */
  counts: z.strictObject({ steps: z.int().positive() }),
  steps: z.array(nightStep),
});

export const nightlyRefreshStage = defineStage({
  name: 'nightlyRefresh',
  summary:
    'One night: cleans what is new, makes features, updates the index, and trains, distils and promotes when there is enough.',
  codeVersion: 1,
  input,
  output,
  example: {
    name: 'example-nightly',
    clean: { source: 'docs', name: 'example', recipe: 'minimal' },
    index: { dataset: 'example', index: 'example' },
  },
  subject: ({ name }) => name,
});

export type NightlyRefreshInput = z.output<typeof input>;
export type NightlyRefreshOutput = z.output<typeof output>;
