import * as z from 'zod';
import { concurrency } from '../../schemas/common';
import { defineStage } from '../../schemas/stage';

/** A stage that exists for tests only: small enough to see every part of the stage kit at work. */
export const kitProbeStage = defineStage({
  name: 'kitProbe',
  summary: 'Adds up the numbers of its units.',
  codeVersion: 1,
  input: z.strictObject({
    units: z.int().min(0),
    concurrency: concurrency.default(4),
    /** The unit that fails for good. */
    failAt: z.int().optional(),
    hold: z.boolean().default(false),
  }),
  output: z.strictObject({ sum: z.int(), approvedBy: z.string().nullable() }),
  example: { units: 3 },
  subject: ({ units }) => `${units}-units`,
});

/** What the probe's workflow calls; each test brings its own. */
export interface KitProbeActivities {
  addUnit(input: { unit: number; fail: boolean }): Promise<{ value: number }>;
  cleanUp(input: { how: string }): Promise<void>;
}

/** As the probe, but its units are for one host, by the name of its queue. */
export const hostProbeStage = defineStage({
  name: 'hostProbe',
  summary: 'Adds up the numbers of its units on one host.',
  codeVersion: 1,
  input: z.strictObject({ units: z.int().min(0), concurrency: concurrency.default(4), queue: z.string() }),
  output: z.strictObject({ sum: z.int() }),
  example: { units: 3, queue: 'llm-cpu-example' },
  subject: ({ units }) => `${units}-units`,
});
