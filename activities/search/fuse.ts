/**
 * The constant of reciprocal rank fusion, as its paper found it best and Elasticsearch and others keep it: Cormack,
 * Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods", SIGIR 2009.
 */
export const RANK_CONSTANT = 60;

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

/**
 * Fuses lists of chunks into one list of documents: a document counts in each list by its best chunk, and its score is
 * the sum of 1 / (60 + rank). Ranks are of documents, so that one long document can not push others down by its many
 * chunks. The chunk shown is that of the best rank, on a tie that of the list named first. Equal scores are ordered by
 * document, so that the same lists give the same answer.
 */
export function fuseByRank<N extends string>(lists: Readonly<Record<N, readonly Candidate[]>>): Fused<N>[] {
  const fused = new Map<string, Fused<N> & { best: number }>();
  for (const name of Object.keys(lists) as N[]) {
    for (const [at, { id, document }] of bestOfEach(lists[name]).entries()) {
      const rank = at + 1;
      const fresh: Fused<N> & { best: number } = { document, score: 0, ranks: {}, chunk: id, best: rank };
      const entry = fused.get(document) ?? fresh;
      entry.score += 1 / (RANK_CONSTANT + rank);
      entry.ranks[name] = rank;
      if (rank < entry.best) Object.assign(entry, { chunk: id, best: rank });
      fused.set(document, entry);
    }
  }
  return [...fused.values()]
    .sort((a, b) => b.score - a.score || (a.document < b.document ? -1 : 1))
    .map(({ best: _best, ...entry }) => entry);
}

/** The best chunk of each document, best first. */
function bestOfEach(list: readonly Candidate[]): Candidate[] {
  const sorted = [...list].sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1));
  const seen = new Set<string>();
  return sorted.filter(({ document }) => !seen.has(document) && seen.add(document));
}
