import * as z from 'zod';

/**
 * What is kept of a turn to notice loops by: hashes and sketches, no text of the conversation. At most some 300 bytes as JSON.
 *
 * A sketch names a set of tokens by the smallest of their hashes, three characters each: two sketches tell how much two
 * texts have in common, exactly for short ones and approximately for long ones.
 */
export const turnDigest = z.strictObject({
  /** The tool that was called; null for a turn of words alone. */
  tool: z.string().nullable(),
  /** Hash of the tool and its canonical arguments, or of the words of a turn without a call. */
  call: z.string(),
  /** Sketch of the words of the arguments (or of the turn), without filler: what a reworded call keeps. */
  words: z.string(),
  /** Sketch of what names things in the arguments: ids, numbers, paths, single words. Another one is another thing. */
  keys: z.string(),
  /** Hash of the result without times, durations and ids of the request, whatever the order of its words. */
  result: z.string(),
  resultWords: z.string(),
  resultKeys: z.string(),
  /** `nothing` was found, it was only `done`, it has `content`, or the call ended in an `error`. */
  outcome: z.enum(['nothing', 'done', 'content', 'error']),
  /** How often the turn's text says the same 40 characters, one soon after the other; 1 is what every text has. */
  chant: z.int().min(1),
});
export type TurnDigest = z.output<typeof turnDigest>;

/** Hashes in a sketch of words, and in one of names of things; a set with fewer is in it whole. */
export const SKETCH = { words: 12, keys: 8 } as const;

/** Turns that are looked at. Older ones are forgotten, so this is all that a run has to carry. */
export const LOOP_WINDOW = 64;

/** Repetitions at which a rule speaks up first (nudge); one more asks for another plan, and one more than that stops. */
export const LOOP_MINIMUM = {
  /** The same, or nearly the same, call or cycle of calls with the same results. */
  repeated: 3,
  /** Calls alike, results alike: neither the same. */
  alike: 4,
  /** A repeated call with as much that is new in between. */
  sparse: 5,
  /** Turns of words in a row. */
  monologue: 3,
  /** The same tool, the same error; of calls that have nothing in common. */
  error: 6,
  /** The same call, however its result changes in numbers. */
  sameCall: 20,
  /** The same, with other names or numbers in most of the answers. */
  sameCallWithNews: 40,
  /** Turns that brought nothing that the window does not hold already. */
  noProgress: 10,
  /** Sayings of the same 40 characters in one text. */
  chant: 10,
} as const;

export const loopOptions = z.strictObject({
  /** Names of tools whose use it is to ask the same again: only `pollingBudget` stops them. */
  pollingTools: z.array(z.string()).default([]),
  /** How often such a tool may be asked the same and answer the same. */
  pollingBudget: z
    .int()
    .min(1)
    .max(LOOP_WINDOW - 4)
    .default(30),
  /** Number of the first turn of the window, for the evidence. */
  firstTurn: z.int().min(0).default(0),
});
export type LoopOptions = z.input<typeof loopOptions>;

export const LOOP_RULES = [
  'same_call_and_result',
  'same_call',
  'alternation',
  'repeated_error',
  'monologue',
  'chanting',
  'polling',
  'no_progress',
] as const;

export const loopVerdict = z.discriminatedUnion('level', [
  z.strictObject({ level: z.literal('none') }),
  z.strictObject({
    level: z.enum(['nudge', 'replan', 'stop']),
    rule: z.enum(LOOP_RULES),
    /** Turns of one repetition, without what was strewn in. */
    period: z.int().min(1),
    repeats: z.int().min(1),
    /** Repeats at which this rule speaks up first. */
    minimum: z.int().min(1),
    evidence: z.strictObject({
      /** Numbers of the turns that repeat, oldest first. */
      turns: z.array(z.int()),
      words: z.string(),
    }),
  }),
]);
export type LoopVerdict = z.output<typeof loopVerdict>;
export type LoopRule = (typeof LOOP_RULES)[number];
