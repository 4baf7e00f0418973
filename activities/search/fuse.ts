/**
 * The constant of reciprocal rank fusion, as its paper found it best and Elasticsearch and others keep it: Cormack,
 * Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009.
 */
export const RANK_CONSTANT = 60;

/** Chunks of a list whose scores are told apart; one that is further down scores nothing in `fuseByScore`. */
export const SCORE_DEPTH = 100;

/** A chunk in one list of results; `document` groups chunks. */
export interface Candidate {
  id: string;
  document: string;
  score: number;
}

/** A document with its rank (from 1) in each list that has it, and the chunk that speaks for it. */
export interface Fused<N extends string> {
  document: string;
  score: number;
  ranks: Partial<Record<N, number>>;
  chunk: string;
}

export type Lists<N extends string> = Readonly<Partial<Record<N, readonly Candidate[]>>>;

/**
 * Fuses lists of chunks into one list of documents: a document counts in each list by its best chunk, and its score is
 * the sum of 1 / (60 + rank). Ranks are of documents, so that one long document can not push others down by its many
 * chunks. The chunk shown is that of the best rank, on a tie that of the list named first. Equal scores are ordered by
 * document, so that the same lists give the same answer.
 */
export const fuseByRank = <N extends string>(lists: Lists<N>): Fused<N>[] =>
  fuse(lists, () => ({ share: (_score, rank) => 1 / (RANK_CONSTANT + rank), speaks: (_share, rank) => -rank }));

/**
 * Fuses lists by their scores: each list's scores are brought to 0 … 1 (1 is its best chunk, 0 its hundredth) and summed
 * with the list's weight. A list that ends before its hundredth has all that there is, so that 0 is then a score of 0.
 * Unlike ranks, scores tell a clear answer from a narrow one (Bruch, Gai, Ingber, "An Analysis of Fusion Functions for
 * Hybrid Retrieval", TOIS 2023). The chunk shown is that of the list that adds most. A list without a weight counts
 * nothing.
 */
export const fuseByScore = <N extends string>(
  lists: Lists<N>,
  weights: Readonly<Partial<Record<N, number>>>,
): Fused<N>[] =>
  fuse(lists, (name, sorted) => {
    const normal = normaliser(sorted);
    const weight = weights[name] ?? 0;
    return { share: (score) => weight * normal(score), speaks: (share) => share };
  });

/** The normalised score of each document of a list, 0 to 1: what `fuseByScore` weighs and sums. */
export function normalScores(list: readonly Candidate[]): Map<string, number> {
  const sorted = bestFirst(list);
  const normal = normaliser(sorted);
  return new Map(bestOfEach(sorted).map(({ document, score }) => [document, normal(score)]));
}

function normaliser(sorted: readonly Candidate[]): (score: number) => number {
  const top = sorted[0]?.score ?? 0;
  const floor = sorted[SCORE_DEPTH - 1]?.score ?? 0;
  return (score) => (top > floor ? Math.max(0, (score - floor) / (top - floor)) : 1);
}

/** How a list counts: what a document's place in it adds to the score, and how much its chunk there is to be shown. */
interface Count {
  share: (score: number, rank: number) => number;
  speaks: (share: number, rank: number) => number;
}

function fuse<N extends string>(lists: Lists<N>, count: (name: N, sorted: readonly Candidate[]) => Count): Fused<N>[] {
  const fused = new Map<string, Fused<N> & { loudest: number }>();
  for (const name of Object.keys(lists) as N[]) {
    const sorted = bestFirst(lists[name] ?? []);
    const { share, speaks } = count(name, sorted);
    for (const [at, { id, document, score }] of bestOfEach(sorted).entries()) {
      const rank = at + 1;
      const added = share(score, rank);
      const fresh: Fused<N> & { loudest: number } = { document, score: 0, ranks: {}, chunk: id, loudest: -Infinity };
      const entry = fused.get(document) ?? fresh;
      entry.score += added;
      entry.ranks[name] = rank;
      const loud = speaks(added, rank);
      if (loud > entry.loudest) Object.assign(entry, { chunk: id, loudest: loud });
      fused.set(document, entry);
    }
  }
  return [...fused.values()]
    .sort((a, b) => b.score - a.score || (a.document < b.document ? -1 : 1))
    .map(({ loudest: _loudest, ...entry }) => entry);
}

const bestFirst = (list: readonly Candidate[]): Candidate[] =>
  [...list].sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));

/** The best chunk of each document of a list that is sorted, best first. */
function bestOfEach(sorted: readonly Candidate[]): Candidate[] {
  const seen = new Set<string>();
  return sorted.filter(({ document }) => !seen.has(document) && seen.add(document));
}
