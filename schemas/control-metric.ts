import * as z from 'zod';
import { slug } from './common';
import { defineStage } from './stage';

/** A metric that comes with the pack: 5 and ten times the knob, at once. To see a run before there is a metric. */
export const SIMULATED_METRIC = 'simulated';

const loop = z
  .strictObject({
    strategy: slug.describe('Strategy of the service that has the knob: its pointer carries it.'),
    knob: slug.describe('Name of the knob, as the service reads it.'),
    metric: slug.describe('A source under `control.metrics` of temporal.config.ts; `simulated` comes with the pack.'),
    target: z.number().describe('Where the metric is to be.'),
    gain: z
      .number()
      .refine((slope) => slope !== 0, 'must not be 0')
      .describe('How far the metric moves for each unit of the knob, with its sign; wrong by a factor of two at most.'),
    low: z.number().describe('The knob is never below it.'),
    high: z.number().describe('The knob is never above it.'),
    safe: z.number().describe('Where the knob goes when the run is killed, cancelled or fails; also where it begins.'),
  })
  .refine(({ low, high }) => low < high, { path: ['high'], message: 'must be above `low`' })
  .refine(({ low, high, safe }) => safe >= low && safe <= high, {
    path: ['safe'],
    message: 'must be within `low` and `high`',
  });
export type ControlLoop = z.output<typeof loop>;

const input = z.strictObject({
  loop: loop.describe(
    'What is turned for what: `strategy`, `knob`, `metric`, `target`, `gain`, `low`, `high`, `safe`. One run at a time for each knob.',
  ),
  periodSeconds: z.number().min(1).max(604_800).default(300).describe('Seconds between two looks at the metric.'),
  windowPeriods: z.int().min(1).max(200).default(1).describe('Periods that the metric is taken over.'),
  lagPeriods: z.int().min(0).max(200).default(0).describe('Periods until the values of a period are complete.'),
  settlePeriods: z
    .number()
    .min(1)
    .max(10_000)
    .default(12)
    .describe('Periods in which the metric goes 95% of its way to the target, after its lag. More is calmer.'),
  inertiaPeriods: z
    .number()
    .min(0)
    .max(1_000)
    .default(0)
    .describe('Periods in which the metric itself goes 63% of its way after a move: users who have to get used to it.'),
  maxStep: z.number().positive().optional().describe('How far the knob moves in one period; a tenth of its range.'),
  minimumCount: z.number().min(1).default(1).describe('Observations in a window below which the knob stays.'),
  freshSeconds: z
    .number()
    .positive()
    .optional()
    .describe('Seconds at the end of a window in which there must be a row, or the knob stays; the window.'),
  periods: z.int().min(0).max(100_000_000).default(0).describe('Periods after which it ends; 0 goes on for ever.'),
  newStrategy: z
    .boolean()
    .default(false)
    .describe('Also where no strategy has that name yet: a service may have knobs before its first rollout.'),
  force: z.boolean().default(false).describe('Takes the knob also where another run is said to turn it.'),
  dryRun: z.boolean().default(false).describe('Only say what it would do by the last windows of the metric.'),
});

/** One look at the metric, and what came of it. */
export const controlPoint = z.strictObject({
  /** End of the window, ISO 8601. */
  at: z.string(),
  /** Null where it did not come. */
  metric: z.number().nullable(),
  /** The knob from then on. */
  knob: z.number(),
  /** Why the knob was left as it was; null where it was not. */
  held: z.string().nullable(),
});
export type ControlPoint = z.output<typeof controlPoint>;

const output = z.strictObject({
  outcome: z.enum(['ended', 'killed', 'dry-run']),
  strategy: z.string(),
  knob: z.string(),
  counts: z.strictObject({ periods: z.int().nonnegative(), held: z.int().nonnegative() }),
  /** How it ended; of a dry run what it would do by each of the last windows by itself, the oldest first. */
  points: z.array(controlPoint),
  /** Where the knob is. */
  value: z.number(),
  reason: z.string(),
});

export const controlMetricStage = defineStage({
  name: 'controlMetric',
  summary: 'Keeps an online metric at a target by turning a bounded knob of a service, for as long as it runs.',
  codeVersion: 1,
  endless: { periods: 0 },
  input,
  output,
  example: {
    loop: {
      ...{ strategy: 'example', knob: 'diversity', metric: SIMULATED_METRIC },
      ...{ target: 8, gain: 10, low: 0, high: 1, safe: 0.2 },
    },
    periodSeconds: 1,
    periods: 3,
    newStrategy: true,
  },
  subject: (parsed) => `${parsed.loop.strategy}.${parsed.loop.knob}`,
});

export type ControlMetricInput = z.output<typeof input>;
export type ControlMetricOutput = z.output<typeof output>;
