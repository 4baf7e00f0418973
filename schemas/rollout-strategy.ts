import * as z from 'zod';
import { sha256Hex, slug } from './common';
import { defineStage } from './stage';

/** A strategy goes through histories and notifications of services: it names models and weights, and holds none. */
const MAX_STRATEGY_CHARACTERS = 32_768;

const step = z.strictObject({
  share: z.number().gt(0).lt(1).describe('Share of the users who get the candidate.'),
  margin: z
    .number()
    .gt(0)
    .lt(1)
    .describe('Relative loss of each metric that must be ruled out before the next step, such as 0.03.'),
});

/** Wide at 1%, where few users can tell little; 2% of all users are worse off at no point before the last steps. */
const STEPS = [
  { share: 0.01, margin: 0.3 },
  { share: 0.05, margin: 0.03 },
  { share: 0.1, margin: 0.03 },
  { share: 0.25, margin: 0.02 },
  { share: 0.5, margin: 0.02 },
];

const metricRule = z.strictObject({
  name: slug.describe('A source under `rollout.metrics` of temporal.config.ts.'),
  better: z.enum(['higher', 'lower']).default('higher'),
  leniency: z.number().min(1).max(100).default(1).describe('Times the margin of a step that this metric may lose.'),
  tolerated: z.number().min(0).lt(1).default(0).describe('Relative loss that is accepted as the price of the change.'),
});

const input = z.strictObject({
  name: slug
    .default('default')
    .describe('Name of the strategy, as its service reads it. One rollout at a time for each.'),
  strategy: z
    .record(z.string(), z.unknown())
    .refine(
      (body) => JSON.stringify(body).length <= MAX_STRATEGY_CHARACTERS,
      'must be at most 32,768 characters of JSON',
    )
    .describe('Any JSON object that the service understands: models, indexes, weights, thresholds.'),
  metrics: z
    .array(metricRule)
    .max(10)
    .refine((rules) => new Set(rules.map(({ name }) => name)).size === rules.length, 'names a metric twice')
    .default([])
    .describe('What must not get worse. Required where something is live already.'),
  steps: z
    .array(step)
    .min(1)
    .max(12)
    .refine((steps) => steps.every(({ share }, at) => share > (steps[at - 1]?.share ?? 0)), 'shares must rise')
    .default(STEPS)
    .describe('Shares of the users that get it, one after another, and what each step has to show before the next.'),
  alpha: z.number().gt(0).lt(0.5).default(0.01).describe('How often a harmless change may be rolled back, at most.'),
  mismatchAlpha: z.number().gt(0).lt(0.5).default(0.001).describe('How often a correct split may be taken for wrong.'),
  planned: z.number().positive().default(60_000).describe('Users of a step at which the tests are sharpest.'),
  minimumUsers: z.int().min(10).default(2_000).describe('Users of the canary before anything is concluded.'),
  minimumHours: z.number().min(0).default(24).describe('Hours of a step, such as a whole day, beside the lag.'),
  maximumHours: z.number().positive().default(504).describe('Hours of a step after which a person is asked.'),
  lagHours: z.number().min(0).default(24).describe('Hours until the value of a user is complete.'),
  lookHours: z.number().min(0.001).max(168).default(6).describe('Hours between two looks.'),
  coolDownHours: z
    .number()
    .min(0)
    .max(8_760)
    .default(168)
    .describe('Hours in which a candidate that did harm is refused.'),
  replay: z
    .strictObject({
      source: slug.describe('A source under `rollout.logs` of temporal.config.ts.'),
      method: z.enum(['ips', 'snips']).default('snips'),
      ceiling: z.number().gt(1).optional().describe('Weights are kept below it.'),
      minimumEffective: z.number().min(1).default(500).describe('Decisions that the weighted ones must be worth.'),
      maximumLoss: z.number().min(0).default(0).describe('Loss of reward that may not be sure: more is refused.'),
    })
    .optional()
    .describe('Tries the candidate on logged decisions of the live strategy before the first user gets it.'),
  force: z.boolean().default(false).describe('Also while it cools down, or where another run is said to be under way.'),
  dryRun: z.boolean().default(false).describe('Only say what would be done, how many users it takes and how long.'),
});

/** How a rollout ended. */
export const rolloutEnd = z.enum(['published', 'reused', 'dry-run', 'rolled-back', 'killed', 'rejected']);

const output = z.strictObject({
  outcome: rolloutEnd,
  workKey: sha256Hex,
  counts: z.strictObject({ steps: z.int().nonnegative(), looks: z.int().nonnegative() }),
  /** Absent after a dry run. */
  strategy: z.strictObject({ name: z.string(), version: z.int(), sha256: sha256Hex }).optional(),
  /** Why it ended so. */
  reasons: z.array(z.string()),
  /** Of a dry run: users, in both arms, and hours that a harmless strategy takes, and when it would be done if it began now; docs/rollout.md. */
  plan: z
    .strictObject({
      hours: z.number(),
      users: z.number(),
      /** ISO 8601. */
      earliestEnd: z.string().optional(),
      steps: z.array(z.strictObject({ share: z.number(), margin: z.number(), users: z.number(), hours: z.number() })),
    })
    .optional(),
});

export const rolloutStrategyStage = defineStage({
  name: 'rolloutStrategy',
  summary:
    'Gives a strategy of a service to more and more users while no metric gets worse, and takes it back where one does.',
  codeVersion: 1,
  input,
  output,
  // The first of its name has nothing beside which it could be tried: it is live at once.
  example: { name: 'example', strategy: { model: 'ranker@3', weights: { words: 0.4, vectors: 0.6 } } },
  subject: (parsed) => parsed.name,
});

export type RolloutStrategyInput = z.output<typeof input>;
export type RolloutStrategyOutput = z.output<typeof output>;
