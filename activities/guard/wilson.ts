import type { Share } from '../../schemas/guard-sets';
import { wilson } from '../evaluation/statistics/wilson';

/** The share of hits with its 95% interval. Of no texts the share is 0, and anything is possible. */
export function shareWithin(hits: number, texts: number): Share {
  const { mean, low, high } = wilson(hits, texts);
  return { texts, hits, share: rounded(mean), low: rounded(low), high: rounded(high) };
}

/** As people read it, and as a history keeps it. */
const rounded = (share: number): number => Math.round(share * 1e4) / 1e4;
