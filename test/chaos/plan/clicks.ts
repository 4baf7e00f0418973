import type { Registry } from '../../../activities/stores/registry';

const USERS = 400_000;
const MEAN = 0.3;
const seen = new Map<number, number>();

/** Users of the strategy `ranking`, by the pointers that they were served by: each arm with its share, and both alike. */
export async function clicksOf(registry: Registry, until: number): Promise<object[]> {
  const moves = await registry.strategies.moves('ranking');
  return moves
    .filter(({ candidate }) => candidate !== null)
    .flatMap(({ sequence, share }) => {
      if (!seen.has(sequence)) seen.set(sequence, until);
      const at = new Date(seen.get(sequence) ?? until).toISOString();
      // Of zeros and ones the sum and the sum of squares are the same.
      const arm = (of: string, users: number) => ({
        ...{ at, sequence, arm: of, users, sum: users * MEAN, squares: users * MEAN },
      });
      return [arm('control', USERS * (1 - share)), arm('canary', USERS * share)];
    });
}
