import * as z from 'zod';
import { artifactRef, concurrency, nameOf, outcome, sha256Hex } from './common';
import { guardReference, guardVersion } from './guard';
import { shareOf, textSet } from './guard-sets';
import { defineStage } from './stage';

/** What is done to an attack to get it past a guard. */
export const MUTATIONS = [
  'none',
  'homoglyphs',
  'invisible',
  'fullwidth',
  'leet',
  'spaced',
  'base64',
  'hex',
  'rot13',
  'url',
  'entities',
  'backwards',
  'tags',
  'typos',
  'wrapper',
  'roleplay',
  'document',
  'padding',
  'split',
  'synonyms',
  'chinese',
] as const;
export const mutationName = z.enum(MUTATIONS);
export type MutationName = z.infer<typeof mutationName>;

const input = z.strictObject({
  guard: guardReference
    .optional()
    .describe('Guard to attack: its name for the latest version, or name@version. Left out, the rules alone.'),
  attacks: z
    .array(textSet)
    .min(1)
    .max(20)
    .default(() => [textSet.parse({ generated: 500 })])
    .describe('Sets of attacks. Cases that were approved before are all tried too, as they are.'),
  mutations: z
    .array(mutationName)
    .min(1)
    .default(() => [...MUTATIONS])
    .describe('What is done to them, each by itself.'),
  sample: z.int().min(1).max(5_000).default(200).describe('Attacks tried with each mutation, drawn by the seed.'),
  seed: z
    .int()
    .min(0)
    .max(1e9)
    .optional()
    .describe('Of what is drawn and mutated. Left out, the day on which the run began: each night tries others.'),
  onBypass: z
    .enum(['hold', 'report'])
    .default('hold')
    .describe('`hold` waits for a person, whose approval makes each bypass a case; `report` only reports.'),
  concurrency: concurrency.default(4).describe('Units in flight at once; change it on a live run with setConcurrency.'),
  force: z.boolean().default(false).describe('Do the work again although it was done before.'),
  dryRun: z.boolean().default(false).describe('Only say what would be tried, and whether it was done before.'),
});

export const redTeamCounts = z.strictObject({
  /** Attacks there are to draw from, cases among them. */
  attacks: z.int().nonnegative(),
  /** Texts given to the guard. */
  tried: z.int().nonnegative(),
  /** Those that it neither refused nor quarantined. */
  bypassed: z.int().nonnegative(),
});
export type RedTeamCounts = z.infer<typeof redTeamCounts>;

/** How often attacks with one mutation got past. */
export const mutationSuccess = z.strictObject({ mutation: mutationName, success: shareOf });
export type MutationSuccess = z.infer<typeof mutationSuccess>;

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  counts: redTeamCounts,
  /** The version that was attacked; absent where the rules alone were. */
  guard: guardVersion.optional(),
  /** Absent after a dry run, like those below. Attack success rate by mutation, in their order. */
  mutations: z.array(mutationSuccess).optional(),
  report: artifactRef.optional(),
  /** Bypasses that became cases: later runs try them, and trainGuard learns from them. */
  cases: z.int().nonnegative().optional(),
  approval: z.strictObject({ by: z.string(), note: z.string() }).optional(),
});

/** The name that cases are kept under where the rules alone are attacked. */
export const RULES_ALONE = 'rules';

export const redTeamStage = defineStage({
  name: 'redTeam',
  summary:
    'Attacks a guard with sets of attacks in many disguises, and makes each bypass a case once a person approves.',
  codeVersion: 1,
  input,
  output,
  example: { guard: 'example', attacks: [{ generated: 200 }], sample: 40, seed: 1, onBypass: 'report' },
  subject: (parsed) => (parsed.guard === undefined ? RULES_ALONE : nameOf(parsed.guard)),
});

export type RedTeamInput = z.output<typeof input>;
export type RedTeamOutput = z.output<typeof output>;
