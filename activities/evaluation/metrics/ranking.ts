/**
 * What is known of one query: the gain of each document that answers it. A gain is above 0, and higher where the
 * document answers better; what is not named does not answer.
 */
export type Gains = ReadonlyMap<string, number>;

/** A measure of one list of documents, best first, against what is known of its query: 0 (bad) to 1 (as good as can be). */
export type Metric = (ranked: readonly string[], gains: Gains, k: number) => number;

/**
 * Normalised discounted cumulative gain at k: the sum of gain / log2(rank + 1) over the first k documents, divided by
 * that of the best order there is. Gains count as they are (Järvelin, Kekäläinen, "Cumulated gain-based evaluation of IR
 * techniques", TOIS 2002), not as 2^gain - 1. 0 where nothing answers the query.
 */
export const ndcgAt: Metric = (ranked, gains, k) => {
  const best = [...gains.values()].sort((a, b) => b - a);
  const ideal = discounted(best, k);
  if (ideal === 0) return 0;
  const found = discounted(
    distinct(ranked).map((document) => gains.get(document) ?? 0),
    k,
  );
  return found / ideal;
};

/** The share of all documents that answer which is among the first k. 0 where nothing answers the query. */
export const recallAt: Metric = (ranked, gains, k) => {
  if (gains.size === 0) return 0;
  const found = distinct(ranked)
    .slice(0, k)
    .filter((document) => gains.has(document)).length;
  return found / gains.size;
};

/** 1 / rank of the first document that answers, if it is among the first k, else 0. Its mean over queries is the MRR. */
export const reciprocalRankAt: Metric = (ranked, gains, k) => {
  const at = distinct(ranked)
    .slice(0, k)
    .findIndex((document) => gains.has(document));
  return at < 0 ? 0 : 1 / (at + 1);
};

/**
 * The mean, over all documents that answer, of the precision where each stands; 0 for one that is not among the first k.
 * Its mean over queries is MAP@k, as trec_eval's `map_cut` has it: the divisor is not cut at k. 0 where nothing answers.
 */
export const averagePrecisionAt: Metric = (ranked, gains, k) => {
  if (gains.size === 0) return 0;
  let [found, sum] = [0, 0];
  for (const [at, document] of distinct(ranked).slice(0, k).entries()) {
    if (gains.has(document)) sum += (found += 1) / (at + 1);
  }
  return sum / gains.size;
};

/** What answers at least so well, for the metrics that only tell answers from others: of grades 1 to 4, those from 3 on. */
export const gainsFrom = (gains: Gains, least: number): Gains =>
  new Map([...gains].filter(([, gain]) => gain >= least));

const discounted = (gains: readonly number[], k: number): number =>
  gains.slice(0, k).reduce((sum, gain, at) => sum + gain / Math.log2(at + 2), 0);

/** A document that is listed twice counts once, where it stands first. */
const distinct = (ranked: readonly string[]): string[] => [...new Set(ranked)];
