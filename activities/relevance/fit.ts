import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Fusion } from '../../schemas/relevance';
import type { Report } from '../kit/heartbeat';
import { fuseByRank, fuseByScore, type Fused, type Lists } from '../search/fuse';
import type { ListName } from '../search/requests';
import { bootstrapMean, type Estimate, mean, standardError } from '../evaluation/statistics/bootstrap';
import type { GoldenQuery } from './golden';
import { inParallel } from '../kit/in-parallel';
import { ndcgAt } from '../evaluation/metrics/ranking';
import { ScoreTable } from './score-table';

/** Documents that count: what a person or a model reads of an answer. */
export const K = 10;

/**
 * How feedback is taken where it is taken. Fixed, not fitted: each would be one more thing to fit to few queries. Chosen
 * on Cranfield, where 3 documents did better than 5 or 8 by up to 0.01, and 20 or 40 terms and a pull of 1 to 4 alike.
 */
export const FEEDBACK = { documents: 3, terms: 40, pull: 2 } as const;

/** Weights of the first search, from words alone to vectors alone. */
const SHARES = Array.from({ length: 11 }, (_, tenth) => ({ words: (10 - tenth) / 10, vector: tenth / 10 }));
/**
 * Weights of the lists of feedback, beside 1 for the whole first search. One for both: two of them overfit, choosing
 * from 0.25 to 2 by which queries they happened to see.
 */
const LEVELS = [0.25, 0.5, 1, 2] as const;

/** Where a fit gets its lists from. */
export interface FitSource {
  /** The lists by words and by meaning. */
  first(query: string): Promise<Lists<ListName>>;
  /** What is like the best documents of a first search, by words and by meaning. */
  like(query: string, best: readonly Fused<ListName>[]): Promise<Lists<ListName>>;
}

/** Ways to search, the simplest and cheapest first. */
const WAYS = ['words', 'rrf', 'weighted', 'feedback'] as const;
export type Way = (typeof WAYS)[number];

/** What a fit found: the best of each way with its nDCG@10 on the queries that it was fitted on, and the way to take. */
export interface Fitted {
  way: Way;
  queries: number;
  ways: Record<Way, { fusion: Fusion; ndcg: Estimate }>;
  /** nDCG@10 of vectors alone, which are no way of their own: they are `weighted` with nothing for words. */
  vectors: Estimate;
}

interface Candidate {
  fusion: Fusion;
  /** nDCG@10 of each query. */
  scores: number[];
}

/**
 * Chooses how to search from golden queries: first the share of vectors in the first search, then the weight of feedback,
 * each by trying a few values for the highest mean nDCG@10. What has no share in the first search has none in feedback
 * either. Of the ways found, the simplest is taken whose loss against the best is within one standard error of that
 * difference (Breiman and others, "Classification and Regression Trees", 1984, 3.4.3): what is not clearly better is not
 * worth its cost, and is often fitted to chance.
 * @throws `RangeError` without queries.
 */
export async function fitFusion(
  queries: readonly GoldenQuery[],
  source: FitSource,
  report: Report = () => undefined,
): Promise<Fitted> {
  let done = 0;
  const tick = () => report((done += 1), 2 * queries.length);
  const score = (ranked: readonly string[], at: number) => ndcgAt(ranked, queries[at]?.gains ?? new Map(), K);
  const scoreAll = async (rank: (at: number) => readonly string[]): Promise<number[]> => {
    // A grid over a thousand queries takes a second: others of this process get their turn between two steps.
    await nextTurn();
    return queries.map((_, at) => score(rank(at), at));
  };

  const first = await inParallel(queries, async ({ query }) => {
    const lists = await source.first(query);
    tick();
    return { lists, table: new ScoreTable(lists) };
  });
  const shares = [];
  for (const share of SHARES) {
    const all = { bm25: share.words, vector: share.vector };
    shares.push({ share, scores: await scoreAll((at) => first[at]?.table.rank(all, K) ?? []) });
  }
  const { share: weights, scores: weighted } = best(shares);

  const both = await inParallel(queries, async ({ query }, at) => {
    const lists = first[at]?.lists ?? {};
    const before = fuseByScore(lists, { bm25: weights.words, vector: weights.vector });
    const like = await source.like(query, before);
    tick();
    return new ScoreTable({ ...lists, ...like });
  });
  const levels = [];
  for (const level of LEVELS) {
    const like = { words: weights.words > 0 ? level : 0, vector: weights.vector > 0 ? level : 0 };
    const all = { bm25: weights.words, vector: weights.vector, likeWords: like.words, likeVector: like.vector };
    levels.push({ like, scores: await scoreAll((at) => both[at]?.rank(all, K) ?? []) });
  }
  const { like, scores: liked } = best(levels);

  const ways: Record<Way, Candidate> = {
    words: { fusion: { method: 'weighted', words: 1, vector: 0, feedback: null }, scores: shares[0]?.scores ?? [] },
    rrf: {
      fusion: { method: 'rrf' },
      scores: await scoreAll((at) => fuseByRank(first[at]?.lists ?? {}).map(({ document }) => document)),
    },
    weighted: { fusion: { method: 'weighted', ...weights, feedback: null }, scores: weighted },
    feedback: {
      fusion: { method: 'weighted', ...weights, feedback: { ...FEEDBACK, ...like } },
      scores: liked,
    },
  };
  const estimated = ({ fusion, scores }: Candidate) => ({ fusion, ndcg: bootstrapMean(scores) });
  return {
    way: simplestOfTheBest(ways),
    queries: queries.length,
    ways: {
      words: estimated(ways.words),
      rrf: estimated(ways.rrf),
      weighted: estimated(ways.weighted),
      feedback: estimated(ways.feedback),
    },
    vectors: bootstrapMean(shares.at(-1)?.scores ?? []),
  };
}

/** The first of those with the highest mean. */
const best = <T extends { scores: readonly number[] }>(tried: readonly T[]): T =>
  tried.reduce((found, next) => (mean(next.scores) > mean(found.scores) ? next : found));

function simplestOfTheBest(ways: Record<Way, Candidate>): Way {
  const top = best(WAYS.map((way) => ways[way]));
  const close = ({ scores }: Candidate) => {
    const losses = scores.map((value, at) => (top.scores[at] ?? 0) - value);
    return mean(losses) <= standardError(losses);
  };
  return WAYS.find((way) => close(ways[way])) ?? 'rrf';
}
