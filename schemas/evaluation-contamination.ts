import * as z from 'zod';

const count = z.int().nonnegative();

/** What is done with cases that a subject was trained on. */
export const contaminationRule = z.strictObject({
  action: z
    .enum(['exclude', 'fail', 'warn'])
    .default('exclude')
    .describe(
      'With cases that stand in what a registered subject was trained on: leave them out for both sides, end the run before anything is asked, or ask them all the same and say so.',
    ),
});
export type ContaminationAction = z.output<typeof contaminationRule>['action'];

/** What was found of the cases in the training texts of the subjects: given = excluded + evaluated. */
export const contamination = z.strictObject({
  action: contaminationRule.shape.action.unwrap(),
  cases: z.strictObject({ given: count, found: count, excluded: count, evaluated: count }),
  /** Cases of too few words to be found. */
  tooShort: count,
  /** Training texts that were looked at. */
  texts: count,
  subjects: z.array(
    z.strictObject({
      name: z.string(),
      found: count,
      /** Where it learnt from, as `dataset faq@3`; the first so many. */
      sources: z.array(z.string()),
      /** What can not be looked at, and why. */
      unknown: z.array(z.string()),
    }),
  ),
  /** Slices with cases that were found, those with the largest share first. */
  slices: z.array(z.strictObject({ name: z.string(), cases: count, found: count })),
  /** Some that were found, with the words that the training text has too. */
  examples: z.array(z.strictObject({ case: z.string(), task: z.string(), source: z.string(), words: z.string() })),
});
export type Contamination = z.output<typeof contamination>;
