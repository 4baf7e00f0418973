import * as z from 'zod';
import { buildFeaturesStage } from './build-features';
import { cleanDatasetStage } from './clean-dataset';
import { outcome, sha256Hex, slug } from './common';
import { distillModelStage } from './distill-model';
import { evaluateModelStage } from './evaluate-model';
import { promoteVersionStage } from './promote-version';
import { rolloutStrategyStage } from './rollout-strategy';
import { defineStage } from './stage';
import { trainModelStage } from './train-model';
import { updateIndexStage } from './update-index';

/** What a night does, in this order. Each is a stage of its own, started as a child; a rollout goes on when the night is over. */
export const NIGHT_STAGES = {
  clean: cleanDatasetStage,
  features: buildFeaturesStage,
  index: updateIndexStage,
  train: trainModelStage,
  distill: distillModelStage,
  evaluate: evaluateModelStage,
  promote: promoteVersionStage,
  rollout: rolloutStrategyStage,
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
  evaluate: evaluateModelStage.input
    .optional()
    .describe(
      `${stepOf('evaluate')}; none when left out. Only where this night has changed the index or made a model. ${LATEST}`,
    ),
  promote: promoteVersionStage.input
    .optional()
    .describe(
      `${stepOf('promote')}; none when left out. Only what this night has made. It waits for a person where no verdict lets it through.`,
    ),
  rollout: rolloutStrategyStage.input
    .optional()
    .describe(
      `${stepOf('rollout')}; none when left out. The night ends once it has begun, and a night that finds one of that name under way starts none. In \`strategy\` a text that is nothing but the name of a model that this night trains or distils means the version that it makes, at any key, and such a strategy is tried only when one was made and let through.`,
    ),
  name: slug.default('nightly').describe('What these nights are called.'),
  night: z.iso
    .date()
    .optional()
    .describe('Which night it is, as YYYY-MM-DD: of the schedule, or by the clock (UTC), when left out.'),
  force: z
    .boolean()
    .default(false)
    .describe('Do every step again although it was done before; a rollout is forced by its own `force` alone.'),
  dryRun: z.boolean().default(false).describe('Only say what each step would do by what is there now.'),
});

export const nightState = z.enum([
  /** Something new was made. */
  'done',
  /** The same work was done before: nothing has changed for it. */
  'unchanged',
  /** A rollout that goes on: this night's own, or one that it found. */
  'under way',
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
  /** Of a step that has failed, by `schemas/errors.ts`. */
  code: z.string().optional(),
  /** What its gate said, or the person who was asked; of steps that measure a candidate. */
  verdict: z.enum(['promote', 'reject', 'hold']).optional(),
  /** In the currency of the configuration; absent for steps that name none. */
  cost: z.number().nonnegative().optional(),
});
export type NightStepResult = z.infer<typeof nightStep>;

/** What a night that is not whole leaves to the next one: steps that were due, and what had been made for them, as name@version. */
export interface NightPending {
  steps: NightStep[];
  made: Partial<Record<NightStep, string>>;
}

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
    'One night: cleans what is new, makes features, updates the index, and trains, evaluates and promotes when there is enough.',
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
