import { normalQuantile } from '../evaluation/statistics/normal';
import type { Estimate } from '../evaluation/statistics/bootstrap';

/** One decision of the strategy that was live, and what came of it. */
export interface Logged {
  /** Decisions of one user hang together, and count as one for the interval. */
  user: string;
  reward: number;
  /** Chance with which the live strategy took this action, above 0. */
  propensity: number;
  /** Chance with which the new strategy takes it. */
  target: number;
}

export interface ReplayOptions {
  /**
   * `ips` weighs each reward by target / propensity: unbiased, and wild where propensities are small (Horvitz, Thompson 1952).
   * `snips` divides by the sum of the weights: hardly biased and much calmer (Swaminathan, Joachims, NeurIPS 2015).
   */
  method?: 'ips' | 'snips';
  /**
   * Weights are kept within these. A ceiling alone always answers too low where rewards are positive; a floor makes up for
   * some of it (Lichtenberg and others, "Double clipping", 2023).
   */
  floor?: number;
  ceiling?: number;
  /** Confidence of the intervals. */
  level?: number;
}

export interface Replay {
  /** Mean reward that the new strategy would have had. */
  value: Estimate;
  /** What it gains over the live one, on the same decisions. */
  gain: Estimate;
  /** Decisions that the weighted ones are worth (Kish): below some hundreds there is nothing to conclude. */
  effective: number;
  /** Mean of the weights before they are clipped. Far from 1, the logged propensities are not what they say. */
  meanWeight: Estimate;
}

/**
 * What a strategy would have earned on logged decisions of another, by inverse propensity. The intervals are normal, from
 * the sums of each user's influence on the estimate.
 * @throws `RangeError` without decisions, for a propensity that is not above 0, or where the new strategy takes none of the actions.
 */
export function replay(logged: readonly Logged[], options: ReplayOptions = {}): Replay {
  const { method = 'snips', floor = 0, ceiling = Infinity, level = 0.95 } = options;
  if (logged.length === 0) throw new RangeError('There is nothing to replay.');
  if (logged.some(({ propensity }) => !(propensity > 0))) {
    throw new RangeError('An action that was taken had a propensity above 0.');
  }
  const raw = logged.map(({ target, propensity }) => target / propensity);
  const weights = raw.map((weight) => Math.min(ceiling, Math.max(floor, weight)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (total === 0) throw new RangeError('The new strategy takes none of the actions that were logged.');

  const count = logged.length;
  const divisor = method === 'snips' ? total : count;
  const rewardOf = (at: number) => logged[at]?.reward ?? 0;
  const value = weights.reduce((sum, weight, at) => sum + weight * rewardOf(at), 0) / divisor;
  const live = logged.reduce((sum, { reward }) => sum + reward, 0) / count;
  // How far each decision moves the estimate (its influence), times how many decisions there are.
  const moved = weights.map((weight, at) =>
    method === 'snips' ? (weight * (rewardOf(at) - value) * count) / total : weight * rewardOf(at) - value,
  );
  const z = normalQuantile((1 + level) / 2);
  const within = (mean: number, influence: (at: number) => number): Estimate => {
    const reach = z * clusteredError(logged, influence);
    return { mean, low: mean - reach, high: mean + reach };
  };
  const meanWeight = raw.reduce((sum, weight) => sum + weight, 0) / count;
  return {
    value: within(value, (at) => moved[at] ?? 0),
    gain: within(value - live, (at) => (moved[at] ?? 0) - (rewardOf(at) - live)),
    effective: total ** 2 / weights.reduce((sum, weight) => sum + weight ** 2, 0),
    meanWeight: within(meanWeight, (at) => (raw[at] ?? 0) - meanWeight),
  };
}

/** The standard error of a mean of influences whose users are independent of one another (Liang, Zeger, Biometrika 1986). */
function clusteredError(logged: readonly Logged[], influence: (at: number) => number): number {
  const sums = new Map<string, number>();
  for (const [at, { user }] of logged.entries()) sums.set(user, (sums.get(user) ?? 0) + influence(at));
  const squares = [...sums.values()].reduce((sum, value) => sum + value ** 2, 0);
  const correction = sums.size > 1 ? sums.size / (sums.size - 1) : 1;
  return Math.sqrt(squares * correction) / logged.length;
}
