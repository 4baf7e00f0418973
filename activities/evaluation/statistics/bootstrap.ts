import { intervalOf, resampleMean, type ResampleOptions } from './resample';

/** A mean over queries, and the interval that it lies in with the given confidence. */
export interface Estimate {
  mean: number;
  low: number;
  high: number;
}

export interface BootstrapOptions extends ResampleOptions {
  /** Confidence of the interval, above 0 and below 1. */
  level?: number;
}

/**
 * The mean of the values and its bootstrap interval (Efron, Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 13
 * and 14): the values are drawn anew with replacement, as many as there are, and the ends are quantiles of the means. For means
 * the method needs no assumption on how values spread; with fewer than 30 its intervals are somewhat too narrow (a simulation
 * in the tests says how much). The same values and seed give the same interval.
 * @throws `RangeError` where there are no values.
 */
export function bootstrapMean(values: readonly number[], { level, ...options }: BootstrapOptions = {}): Estimate {
  return { mean: mean(values), ...intervalOf(resampleMean(values, options), level) };
}

/**
 * How much better the second of two systems is than the first on the same queries: the mean difference with its interval.
 * Paired, since queries differ far more in difficulty than two systems do on one of them (Sakai, "Evaluating evaluation
 * metrics based on the bootstrap", SIGIR 2006).
 * @throws `RangeError` where the two are of different length, or empty.
 */
export function pairedBootstrap(
  before: readonly number[],
  after: readonly number[],
  options: BootstrapOptions = {},
): Estimate {
  if (before.length !== after.length) throw new RangeError('Paired values come in pairs.');
  return bootstrapMean(
    after.map((value, at) => value - (before[at] ?? 0)),
    options,
  );
}

/** The arithmetic mean; 0 of nothing. */
export const mean = (values: readonly number[]): number =>
  values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;

/** The standard error of the mean: the sample's standard deviation over the root of its size; 0 of fewer than two. */
export function standardError(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const middle = mean(values);
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
  return Math.sqrt(squares / (values.length - 1) / values.length);
}
