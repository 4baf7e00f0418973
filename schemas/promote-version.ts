import * as z from 'zod';
import { outcome, sha256Hex, slug } from './common';
import { defineStage } from './stage';

const input = z.strictObject({
  kind: z.enum(['model', 'guard']).default('model').describe('What is promoted. Indexes go live by rebuildIndex.'),
  name: slug.describe('Name of the model or the guard.'),
  version: z
    .union([z.int().positive(), z.literal('previous')])
    .describe('Version to make live, or `previous` to go back to the one that was live before.'),
  reason: z.string().min(1).max(500).describe('Why; on record with the move.'),
  by: z.string().min(1).max(100).describe('Who decides; on record with the move.'),
  onUnproven: z
    .enum(['hold', 'fail', 'promote'])
    .default('hold')
    .describe(
      'What to do where no verdict says that this version may go live: wait for a person, end the run, or promote it all the same. What was live before needs none.',
    ),
  force: z.boolean().default(false).describe('Do the work again although it was done before.'),
  dryRun: z.boolean().default(false).describe('Only say what would be moved, and what speaks against it.'),
});

/** What is moved, and what it rests on. */
export const plannedPromotion = z.strictObject({
  version: z.int().positive(),
  /** Live now, or before this promotion where it was done; null where nothing was. */
  previous: z.int().positive().nullable(),
  /** The last verdict on the version; null where there is none. */
  decision: z
    .strictObject({ id: z.int(), verdict: z.enum(['promote', 'reject', 'hold']), gate: z.string() })
    .nullable(),
});
export type PlannedPromotion = z.infer<typeof plannedPromotion>;

const output = plannedPromotion.extend({
  outcome,
  workKey: sha256Hex,
  counts: z.strictObject({ moved: z.int().nonnegative() }),
  name: z.string(),
  approval: z.strictObject({ by: z.string(), note: z.string() }).optional(),
});

export const promoteVersionStage = defineStage({
  name: 'promoteVersion',
  summary:
    'Makes a version of a model or a guard the live one of its name, where a verdict or a person says that it may.',
  codeVersion: 1,
  input,
  output,
  example: { name: 'example', version: 1, reason: 'the first one', by: 'example', onUnproven: 'promote' },
  subject: ({ name }) => name,
});

export type PromoteVersionInput = z.output<typeof input>;
export type PromoteVersionOutput = z.output<typeof output>;
