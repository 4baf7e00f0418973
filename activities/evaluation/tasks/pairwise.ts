import type { TaskInput } from '../../../schemas/evaluate-model';
import type { Task } from '../interfaces';

/** Wins, and half of the ties: 0.5 is equally good. */
export const WIN_RATE = 'winRate';

/** Answers that a judge compares, of which there is no score until it has seen both. */
export function pairwiseTask({ instructions }: Extract<TaskInput, { type: 'pairwise' }>): Task {
  return {
    version: 1,
    metrics: [WIN_RATE],
    check: () => [],
    ask: ({ input, messages, passages }) => ({
      kind: 'complete',
      messages: [
        ...(instructions === undefined ? [] : [{ role: 'system' as const, content: instructions }]),
        ...(messages ?? [{ role: 'user' as const, content: input }]),
      ],
      passages,
    }),
    score: () => ({}),
  };
}
