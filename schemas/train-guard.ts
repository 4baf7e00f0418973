import * as z from 'zod';
import { artifactRef, concurrency, outcome, sha256Hex, slug } from './common';
import { guardVersion } from './guard';
import { shareOf, textSet } from './guard-sets';
import { defineStage } from './stage';

const input = z.strictObject({
  name: slug.default('guard').describe('Name of the guard; each run publishes its next version.'),
  attacks: z
    .array(textSet)
    .min(1)
    .max(20)
    .default(() => [textSet.parse({ generated: 4_000 })])
    .describe('Sets of attacks. Cases that a redTeam of this guard has found, and a person approved, are added.'),
  benign: z
    .array(textSet)
    .min(1)
    .max(20)
    .describe('Sets of harmless texts: your own traffic, above all. The threshold is set on them.'),
  falsePositives: z
    .number()
    .min(0.0005)
    .max(0.2)
    .default(0.01)
    .describe('Share of harmless texts that may be stopped.'),
  minRecall: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe('Share of held-out attacks below which the run holds for a person; 0 for never.'),
  seed: z.int().min(0).max(1e9).default(1).describe('Of the order in which it learns, and of generated texts.'),
  concurrency: concurrency.default(4).describe('Units in flight at once; change it on a live run with setConcurrency.'),
  force: z.boolean().default(false).describe('Do the work again although it was done before.'),
  dryRun: z.boolean().default(false).describe('Only say what would be read, and whether it was done before.'),
});

/** Texts of a run; `attacks` and `benign` are what is left without duplicates. */
export const guardCounts = z.strictObject({
  attacks: z.int().nonnegative(),
  benign: z.int().nonnegative(),
  /** Texts that stand in a set more than once, or in both: those are taken for attacks. */
  duplicates: z.int().nonnegative(),
  /** Attacks that a redTeam has found. */
  cases: z.int().nonnegative(),
  /** Of all of them, those that nothing was learnt from. */
  heldOut: z.int().nonnegative(),
});
export type GuardCounts = z.infer<typeof guardCounts>;

/** How well a guard tells attacks from harmless texts, on texts that it has not learnt from. */
export const guardQuality = z.strictObject({
  /** Attacks found at the threshold, of those that no grammar has made (of all, where there are fewer than 20). */
  recall: shareOf,
  /** Harmless texts stopped at the threshold. */
  falsePositives: shareOf,
  /** By family, the most texts first: held out as single texts, and the whole family left out of what was learnt. */
  families: z
    .array(
      z.strictObject({ family: z.string(), generated: z.boolean(), heldOut: shareOf, leftOut: shareOf.nullable() }),
    )
    .max(60),
});
export type GuardQuality = z.infer<typeof guardQuality>;

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  counts: guardCounts,
  /** Absent after a dry run, like those below. */
  guard: guardVersion.extend({ artifact: artifactRef }).optional(),
  report: artifactRef.optional(),
  quality: guardQuality.optional(),
  /** Who let it go on below `minRecall`. */
  approval: z.strictObject({ by: z.string(), note: z.string() }).optional(),
});

export const trainGuardStage = defineStage({
  name: 'trainGuard',
  summary:
    'Trains a guard against jailbreaks and injections, with its threshold set by false positives on your own texts.',
  codeVersion: 3,
  input,
  output,
  example: { name: 'example', attacks: [{ generated: 400 }], benign: [{ generated: 400 }], minRecall: 0.5 },
  subject: (parsed) => parsed.name,
});

export type TrainGuardInput = z.output<typeof input>;
export type TrainGuardOutput = z.output<typeof output>;
