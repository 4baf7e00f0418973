import * as z from 'zod';
import { datasetReference } from './common';
import { failureClass } from './training';

/** Rows to train on: what one of these names. */
export const trainingData = z
  .strictObject({
    dataset: datasetReference
      .optional()
      .describe('A dataset of cleanDataset: its name for the latest version, or name@version.'),
    features: datasetReference.optional().describe('Features or packed sequences of buildFeatures, in the same form.'),
    source: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .describe('A Parquet or JSON Lines file, or a folder of one kind of them, inside a configured root.'),
    artifact: z
      .string()
      .regex(/^artifact:(texts|teaching)\/[0-9a-f]{64}$/, 'must be artifact:teaching/ or artifact:texts/ and a sha256')
      .optional()
      .describe('Rows that distillModel has made: what a teacher has said of texts.'),
  })
  .superRefine((value, context) => {
    const named = Object.values(value).filter((one) => one !== undefined).length;
    if (named !== 1)
      context.addIssue({ code: 'custom', message: 'name exactly one of dataset, features, source and artifact' });
  });
export type TrainingData = z.output<typeof trainingData>;

/** What a rule does when it fires. `stop` ends the training where it stood well, and makes a model of that. */
export const ruleAction = z.enum(['retry', 'lowerRate', 'hold', 'stop']);
export type RuleAction = z.infer<typeof ruleAction>;

/** What is watched for in the numbers that a trainer writes. A rule that is null is off. */
export const trainingRules = z.strictObject({
  notANumber: ruleAction
    .default('lowerRate')
    .describe(
      'A loss or a gradient that is NaN or infinite: retry from the last checkpoint, lowerRate, hold, or stop.',
    ),
  spike: z
    .strictObject({
      factor: z.number().min(1.1).max(1_000).default(4),
      lines: z.int().min(1).max(50).default(3),
      action: ruleAction.default('lowerRate'),
    })
    .nullable()
    .prefault({})
    .describe(
      'The loss is above `factor` times its running median for `lines` lines of metrics on end; null for never.',
    ),
  plateau: z
    .strictObject({
      lines: z.int().min(10).max(100_000).default(500),
      minChange: z.number().min(0).max(1).default(0.001),
      action: ruleAction.default('stop'),
    })
    .nullable()
    .default(null)
    .describe(
      'The loss, smoothed, has not fallen by the share `minChange` for `lines` lines; null, the default, for never.',
    ),
  stall: z
    .strictObject({ minutes: z.number().min(0.05).max(1_440).default(15), action: ruleAction.default('retry') })
    .nullable()
    .prefault({})
    .describe('A job that runs has written no step for so long, its start included; null for never.'),
});
export type TrainingRules = z.output<typeof trainingRules>;

/** What a run may use up. Hours are those of devices: of GPUs, or of cores where it has none. */
export const trainingBudget = z.strictObject({
  hours: z
    .number()
    .positive()
    .max(10_000_000)
    .optional()
    .describe('Device hours of all attempts, after which the run holds.'),
  cost: z
    .number()
    .positive()
    .max(1_000_000_000)
    .optional()
    .describe('The same in money, by the prices of the launcher.'),
  retries: z
    .strictObject({
      infrastructure: z
        .int()
        .min(0)
        .max(1_000)
        .default(20)
        .describe('Nodes that failed, preemptions, processes that were killed.'),
      memory: z.int().min(0).max(10).default(2).describe('Each halves microBatchSize.'),
      numeric: z
        .int()
        .min(0)
        .max(10)
        .default(2)
        .describe('Each goes back to the last checkpoint, by the rule with a lower rate.'),
    })
    .prefault({}),
});
export type TrainingBudget = z.output<typeof trainingBudget>;

/** How an attempt ended: as it should, as it was asked to, by a rule, or by a failure of one class. */
export const attemptEnd = z.union([z.enum(['done', 'paused', 'rule', 'timeLimit', 'budget', 'unknown']), failureClass]);
export type AttemptEnd = z.infer<typeof attemptEnd>;

/** What an attempt has used. */
export const attemptUsage = z.strictObject({
  attempt: z.int().positive(),
  ended: attemptEnd,
  /** Steps that stood when it began and when it ended; what lies behind the last checkpoint is lost. */
  fromStep: z.int().nonnegative(),
  toStep: z.int().nonnegative(),
  /** Device seconds, and of them those whose steps no later attempt goes on from. */
  seconds: z.number().nonnegative(),
  wastedSeconds: z.number().nonnegative(),
});
export type AttemptUsage = z.infer<typeof attemptUsage>;

/** What a run has used in all. */
export const trainingUsage = z.strictObject({
  devices: z.int().positive(),
  device: z.enum(['gpu', 'cpu']),
  hours: z.number().nonnegative(),
  wastedHours: z.number().nonnegative(),
  cost: z.number().nonnegative(),
  attempts: z.int().nonnegative(),
});
export type TrainingUsage = z.infer<typeof trainingUsage>;
