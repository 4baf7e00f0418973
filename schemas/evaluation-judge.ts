import * as z from 'zod';
import { slug } from './common';
import { estimate } from './relevance';

/** Who compares answers. */
export const judge = z.strictObject({
  endpoint: slug.describe(
    'Name of a model under `agent.models` in temporal.config.ts: best none of those that it compares.',
  ),
  maxTokens: z.int().min(8).max(32_768).default(1_024).describe('Of what it says of a pair.'),
  temperature: z.number().min(0).max(2).default(0),
});
export type JudgeInput = z.output<typeof judge>;

const count = z.int().nonnegative();

/** What a judge has made of the pairs of a task: wins + ties + losses + unjudged = pairs. */
export const judgeSummary = z.strictObject({
  task: z.string(),
  judge: z.string(),
  pairs: count,
  /** Of the candidate: preferred in both orders. */
  wins: count,
  /** Among them pairs in which the orders disagree. */
  ties: count,
  losses: count,
  /** Pairs whose answers are the same: ties that no judge was asked for. */
  same: count,
  /** Pairs of which one side has failed to answer: that one has lost. */
  unanswered: count,
  /** Pairs without a judgement, for a judge has failed or a limit was reached. */
  unjudged: count,
  /** What the judge has said that no preference could be read from; each counts as a tie. */
  unreadable: count,
  /** Wins and half of the ties, as a share; null where nothing was judged. */
  winRate: estimate.nullable(),
  /** How far the judge goes by the place of an answer; null where it has seen no pair. */
  bias: z
    .strictObject({
      /** How much more often the first place is preferred than the second: -1 to 1. */
      shift: estimate,
      /** Share of pairs in which both orders gave the same answer. */
      consistent: estimate,
      /** Of the pairs where a place won in both orders, the share of the first. */
      firstOfTorn: estimate,
    })
    .nullable(),
  /** The bias in words, where there is one beyond doubt. */
  warning: z.string().nullable(),
});
export type JudgeSummary = z.output<typeof judgeSummary>;
