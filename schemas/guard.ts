import * as z from 'zod';
import { slug } from './common';

/** Where a text comes from, or goes to: what is checked of it differs. */
export const guardSurface = z.enum(['input', 'tool', 'document', 'output']);
export type GuardSurface = z.infer<typeof guardSurface>;

/**
 * What is to be done with a text, from mild to severe: take it; take it and tell somebody; keep it from the model until a
 * person has looked; refuse it.
 */
export const guardDecision = z.enum(['allow', 'warn', 'quarantine', 'refuse']);
export type GuardDecision = z.infer<typeof guardDecision>;

/** A trained guard: its name for the latest version, name@version, or name@production for the one that is live. */
export const guardReference = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9._-]{0,62}(@([1-9][0-9]{0,8}|production))?$/,
    'must be the name of a guard, name@version or name@production',
  );

const threshold = z.number().min(0).max(1).nullable();

/** From which score on a decision is taken, on one surface; null for never. 0.5 is where a trained guard was told to stop. */
const surfacePolicy = z.strictObject({
  warn: threshold.default(0.35),
  quarantine: threshold.default(null),
  refuse: threshold.default(0.5),
});

/** What a guard does with its scores. */
export const guardPolicy = z.strictObject({
  input: surfacePolicy.prefault({}),
  /** What a tool has returned is kept back, not refused: nobody who sent it is there to be told. */
  tool: surfacePolicy.prefault({ quarantine: 0.5, refuse: null }),
  document: surfacePolicy.prefault({ quarantine: 0.5, refuse: null }),
  output: surfacePolicy.prefault({}),
  risk: z
    .strictObject({
      /** After so many seconds of good conduct half of a user's risk is forgotten. */
      halfLifeSeconds: z.int().min(60).max(31_536_000).default(86_400),
      /** Risk of a user (the scores of their turns, added up as they decay) from which every turn is at least quarantined. */
      quarantine: z.number().positive().nullable().default(1.5),
      refuse: z.number().positive().nullable().default(3),
    })
    .prefault({}),
});
export type GuardPolicy = z.output<typeof guardPolicy>;
/** The same before its defaults are filled in. */
export type GuardPolicyInput = z.input<typeof guardPolicy>;

/** Why a text was not simply taken. It holds nothing of the text itself: verdicts end in histories and logs. */
export const guardReason = z.strictObject({
  /** Id of the rule, or `classifier`, `secret`, `system-prompt`, `risk`, `too-long`. */
  rule: z.string(),
  why: z.string(),
  /** How the text was read when it was found: `plain`, or the trick that was undone, such as `base64`. */
  view: z.string(),
  /** What it counts for, 0 to 1. */
  weight: z.number().min(0).max(1),
});
export type GuardReason = z.infer<typeof guardReason>;

export const guardVerdict = z.strictObject({
  decision: guardDecision,
  /** 0 to 1; 0.5 is where the guard was told to stop, whatever it has learnt. */
  score: z.number().min(0).max(1),
  /** The weightiest first, ten at most. */
  reasons: z.array(guardReason),
  /** Windows of the text that the classifier has read, in all views, and those at 0.5 or above. 0 without a classifier. */
  windows: z.strictObject({ total: z.int().nonnegative(), flagged: z.int().nonnegative() }),
});
export type GuardVerdict = z.infer<typeof guardVerdict>;

/** A published guard. */
export const guardVersion = z.strictObject({ name: slug, version: z.int().positive() });
