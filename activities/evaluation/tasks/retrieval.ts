import type { TaskInput } from '../../../schemas/evaluate-model';
import type { Task } from '../interfaces';
import { ndcgAt, recallAt, reciprocalRankAt } from '../metrics/ranking';

/** Ranked documents against what is known to answer: nDCG, recall and MRR at k. */
export function retrievalTask({ k, documents }: Extract<TaskInput, { type: 'retrieval' }>): Task {
  return {
    version: 1,
    metrics: ['ndcg', 'recall', 'mrr'],
    check: ({ input, gains }) => [
      ...(input.trim() === '' ? [{ field: 'query', problem: 'is blank' }] : []),
      ...(Object.values(gains).some((gain) => gain > 0)
        ? []
        : [{ field: 'expected', problem: 'is to name documents that answer, as ["a.md"] or {"a.md": 2}' }]),
    ],
    ask: ({ input }) => ({ kind: 'rank', query: input, k, documents: documents ?? null }),
    score: ({ gains: expected }, { ranked = [] }) => {
      const gains = new Map(Object.entries(expected).filter(([, gain]) => gain > 0));
      return {
        ndcg: ndcgAt(ranked, gains, k),
        recall: recallAt(ranked, gains, k),
        mrr: reciprocalRankAt(ranked, gains, k),
      };
    },
  };
}
