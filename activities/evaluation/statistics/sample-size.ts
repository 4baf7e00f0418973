import { normalQuantile } from './normal';

/** How sure a test is to be. */
export interface Certainty {
  /** How often it may say yes where the truth is just no; one-sided, so 0.025 goes with a 95% interval. */
  alpha?: number;
  /** How often it is to say yes where the truth is what is expected. */
  power?: number;
  /**
   * How many such tests must all say yes, as the slices of an evaluation must: each then needs a power of 1 - (1 - power) / tests. Eight with 80% each
   * agree in one case of six.
   */
  tests?: number;
}

/**
 * Cases that two systems must both be tried on so that the lower end of the interval of the mean difference is above -margin as
 * often as `power`, where the second gains `expected` (0: they are equally good; below 0: it is somewhat worse). `deviation` is the
 * standard deviation of the differences, from a pilot or `deviationOfShares`. By the normal approximation (Julious,
 * "Sample sizes for clinical trials", 2010, chapter 6).
 * @throws `RangeError` where the gain expected is no better than -margin: no number of cases would do.
 */
export function pairsNeeded(
  { deviation, margin, expected = 0 }: { deviation: number; margin: number; expected?: number },
  certainty: Certainty = {},
): number {
  const distance = margin + expected;
  if (distance <= 0) throw new RangeError('No number of cases shows what is not expected to be so.');
  return Math.max(2, Math.ceil(((deviation * reach(certainty)) / distance) ** 2));
}

/**
 * The standard deviation of differences of right and wrong answers, from the shares of cases where only the second system was right
 * and where only the first was (the discordant pairs of McNemar's test).
 */
export const deviationOfShares = (onlySecond: number, onlyFirst: number): number =>
  Math.sqrt(onlySecond + onlyFirst - (onlySecond - onlyFirst) ** 2);

/**
 * Users of an experiment, in both arms together, so that a difference in their means is told from none as often as `power`.
 * `share` of them see what is new, above 0 and below 1; `deviation` is that of one user's value, such as sqrt(p (1 - p)) for a rate.
 */
export function usersNeeded(
  { deviation, difference, share }: { deviation: number; difference: number; share: number },
  certainty: Certainty = {},
): number {
  return Math.ceil(((deviation * reach(certainty)) / difference) ** 2 * (1 / share + 1 / (1 - share)));
}

const reach = ({ alpha = 0.025, power = 0.8, tests = 1 }: Certainty): number =>
  normalQuantile(1 - alpha) + normalQuantile(1 - (1 - power) / tests);
