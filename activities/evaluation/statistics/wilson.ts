import type { Estimate } from './bootstrap';
import { normalQuantile } from './normal';

/**
 * A share of hits with its score interval (Wilson, "Probable inference, the law of succession, and statistical inference", JASA
 * 1927), which also holds near 0 and 1 and for few trials. Of no trials the share is 0, and anything is possible.
 */
export function wilson(hits: number, trials: number, level = 0.95): Estimate {
  if (trials === 0) return { mean: 0, low: 0, high: 1 };
  const z = normalQuantile((1 + level) / 2);
  const share = hits / trials;
  const middle = share + z ** 2 / (2 * trials);
  const width = z * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  const scale = 1 + z ** 2 / trials;
  return {
    mean: share,
    low: Math.max(0, (middle - width) / scale),
    high: Math.min(1, (middle + width) / scale),
  };
}
