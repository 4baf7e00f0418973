import type { Share } from '../../schemas/guard-sets';

/** Of a normal distribution 95% lie within so many standard deviations. */
const Z = 1.959964;

/**
 * The share of hits with its 95% interval (Wilson 1927), which also holds near 0 and 1 and for few texts. Of no texts the
 * share is 0, and anything is possible.
 */
export function shareWithin(hits: number, texts: number): Share {
  if (texts === 0) return { texts, hits, share: 0, low: 0, high: 1 };
  const share = hits / texts;
  const middle = share + Z ** 2 / (2 * texts);
  const width = Z * Math.sqrt((share * (1 - share)) / texts + Z ** 2 / (4 * texts ** 2));
  const scale = 1 + Z ** 2 / texts;
  const [low, high] = [(middle - width) / scale, (middle + width) / scale];
  return { texts, hits, share: rounded(share), low: rounded(Math.max(0, low)), high: rounded(Math.min(1, high)) };
}

/** As people read it, and as a history keeps it. */
const rounded = (share: number): number => Math.round(share * 1e4) / 1e4;
