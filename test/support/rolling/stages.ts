import * as z from 'zod';
import { defineStage } from '../../../schemas/stage';

/** Stages of which there are two versions: see workflows.ts. */
const rolling = (name: string) =>
  defineStage({
    name,
    summary: 'Does one unit after another, and says which version of its code ended it.',
    codeVersion: 1,
    input: z.strictObject({ name: z.string(), units: z.int().min(1) }),
    output: z.strictObject({ endedBy: z.enum(['old', 'new']), units: z.int() }),
    example: { name: 'one', units: 1 },
    subject: ({ name: subject }) => subject,
  });

/** A run that stays with the version that began it. */
export const rollingBuildStage = rolling('rollingBuild');
/** A run that goes on with the current version. */
export const rollingEntityStage = rolling('rollingEntity');

export interface RollingActivities {
  work(input: { name: string; unit: number }): Promise<void>;
  /** Of the new version alone. */
  look(input: { name: string; unit: number }): Promise<void>;
}

/** The queue of the activities; their worker has no version, as that of the cpu pool. */
export const ROLLING_QUEUE = 'rolling-cpu';
