import type { Client } from '@elastic/elasticsearch';
import { type HybridSearch, hybridSearch, type QueryEncoder, refusedSearch } from '../search/hybrid-search';
import { candidates, depthFor, firstLists, type HitLists, likeLists, type Retrieval } from '../search/retrieve';
import type { SearchProfile } from '../../schemas/relevance';
import { FEEDBACK, type FitSource, K } from './fit';
import type { GoldenQuery } from './golden';
import { inParallel } from '../kit/in-parallel';
import { type Metric, ndcgAt, recallAt, reciprocalRankAt } from '../evaluation/metrics/ranking';

/**
 * The lists of an index for a fit, exactly those that a search fuses. What was asked once is kept: a fit over several
 * folds asks for the same again and again.
 */
export function engineSource(client: Client, encoder: QueryEncoder, target: string, signal?: AbortSignal): FitSource {
  const asked = new Map<string, { retrieval: Retrieval; first: Promise<HitLists> }>();
  const liked = new Map<string, ReturnType<FitSource['like']>>();
  const ask = (query: string) => {
    const before = asked.get(query);
    if (before) return before;
    signal?.throwIfAborted();
    let vector: Promise<Float32Array> | undefined;
    const retrieval: Retrieval = {
      ...{ client, target, query, filter: {}, depth: depthFor(K) },
      vector: () => (vector ??= encoder.encode([query])),
      refused: (response) => refusedSearch(client, encoder, target, response),
    };
    const entry = { retrieval, first: firstLists(retrieval, { words: true, vector: true }) };
    asked.set(query, entry);
    return entry;
  };
  return {
    first: async (query) => candidates(await ask(query).first),
    like(query, best) {
      const key = JSON.stringify([query, ...best.slice(0, FEEDBACK.documents).map(({ chunk }) => chunk)]);
      const before = liked.get(key);
      if (before) return before;
      const { retrieval, first } = ask(query);
      const both = { ...FEEDBACK, words: 1, vector: 1 };
      const lists = first.then(async (hits) => candidates(await likeLists(retrieval, both, best, hits)));
      liked.set(key, lists);
      return lists;
    },
  };
}

/** What is measured of an answer. */
export const METRICS = { ndcg: ndcgAt, recall: recallAt, mrr: reciprocalRankAt } satisfies Record<string, Metric>;
/** Each measure of each query, in the order of the queries. */
export type Measured = Record<keyof typeof METRICS, number[]>;

/** Asks an index each query as any user would, and measures the first ten documents. */
export async function measure(
  client: Client,
  encoder: QueryEncoder,
  { alias, profile }: { alias: string; profile?: SearchProfile },
  queries: readonly GoldenQuery[],
  { report, signal }: { report?: (done: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<Measured> {
  let done = 0;
  const answers = await inParallel(
    queries,
    async ({ query }) => {
      const search: HybridSearch = { alias, query, k: K, ...(profile ? { profile } : {}) };
      const hits = await hybridSearch(client, encoder, search);
      report?.((done += 1), queries.length);
      return hits.map(({ document }) => document.id);
    },
    { signal },
  );
  const each = (metric: Metric) => queries.map(({ gains }, at) => metric(answers[at] ?? [], gains, K));
  return { ndcg: each(METRICS.ndcg), recall: each(METRICS.recall), mrr: each(METRICS.mrr) };
}
