import { mulberry32 } from '../../kit/random';

export interface NegativeRanks {
  /** The first rank that negatives are taken from, from 1: what stands above is often right, though nobody has judged it. */
  from: number;
  /** The last one. */
  to: number;
}

/**
 * Draws documents that a search finds and that are not known to answer it, without repeats, in an order that the seed and the
 * query decide. Fewer where there are fewer.
 * @param ranked documents, best first.
 */
export function chooseNegatives(
  ranked: readonly string[],
  relevant: ReadonlySet<string>,
  { from, to }: NegativeRanks,
  count: number,
  seed: number,
): string[] {
  const pool = ranked.slice(from - 1, to).filter((document) => !relevant.has(document));
  const random = mulberry32(seed);
  const chosen: string[] = [];
  while (chosen.length < count && pool.length > 0) {
    chosen.push(...pool.splice(Math.floor(random() * pool.length), 1));
  }
  return chosen;
}
