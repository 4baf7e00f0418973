import { type Lists, normalScores } from '../search/fuse';

/**
 * The lists of one query in a form that is ranked under many weights, one after the other: the normalised score of each
 * document in each list. Ranks as `fuseByScore` does.
 */
export class ScoreTable<N extends string> {
  private readonly documents: readonly string[];
  private readonly columns: readonly { name: N; scores: Float64Array }[];

  constructor(lists: Lists<N>) {
    const normal = (Object.keys(lists) as N[]).map((name) => ({ name, scores: normalScores(lists[name] ?? []) }));
    // In their order by name, so that a stable sort keeps equal scores in it.
    this.documents = [...new Set(normal.flatMap(({ scores }) => [...scores.keys()]))].sort((a, b) => (a < b ? -1 : 1));
    this.columns = normal.map(({ name, scores }) => ({
      name,
      scores: Float64Array.from(this.documents, (document) => scores.get(document) ?? 0),
    }));
  }

  /** The first `k` documents, best first; only lists with a weight above 0 count, and bring documents. */
  rank(weights: Readonly<Partial<Record<N, number>>>, k: number): string[] {
    const sums = new Float64Array(this.documents.length);
    for (const { name, scores } of this.columns) {
      const weight = weights[name] ?? 0;
      if (weight === 0) continue;
      for (let at = 0; at < sums.length; at += 1) sums[at] = (sums[at] ?? 0) + weight * (scores[at] ?? 0);
    }
    const order = Array.from(sums.keys()).filter((at) => (sums[at] ?? 0) > 0);
    order.sort((a, b) => (sums[b] ?? 0) - (sums[a] ?? 0) || a - b);
    return order.slice(0, k).map((at) => this.documents[at] ?? '');
  }
}
