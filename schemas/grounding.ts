import * as z from 'zod';

/** What is done with sentences that no passage supports. */
export const groundingPolicy = z
  .enum(['remove', 'mark', 'return'])
  .describe(
    '`remove` takes them out, `mark` leaves them with a mark, `return` sends the answer back with what is wrong.',
  );
export type GroundingPolicy = z.output<typeof groundingPolicy>;

/** Why a sentence is not supported. */
export const doubt = z.enum(['number', 'name', 'negation', 'opposite', 'words', 'foreign']);
export type Doubt = z.output<typeof doubt>;

/** A sentence of an answer: `answer.slice(from, to)`. */
export const groundedSentence = z.strictObject({
  from: z.int().min(0),
  to: z.int().min(0),
  text: z.string(),
  /** Whether it claims anything; one that does not is supported. */
  claim: z.boolean(),
  supported: z.boolean(),
  /** 0 to 1: how much of it the passages say. */
  score: z.number().min(0).max(1),
  reason: z.strictObject({ doubt, words: z.string() }).optional(),
  /** What supports it, or comes nearest: `text.slice(from, to)` of the passage. */
  citation: z.strictObject({ document: z.string(), from: z.int().min(0), to: z.int().min(0) }).optional(),
});
export type GroundedSentence = z.output<typeof groundedSentence>;

/** An answer, sentence by sentence. */
export const grounded = z.strictObject({
  answer: z.string(),
  sentences: z.array(groundedSentence),
  /** Whether every sentence is supported. */
  supported: z.boolean(),
});
export type Grounded = z.output<typeof grounded>;
