import { mulberry32 } from '../../kit/random';

/** A mean over queries, and the interval that it lies in with the given confidence. */
export interface Estimate {
  mean: number;
  low: number;
  high: number;
}

export interface BootstrapOptions {
  /** Confidence of the interval, above 0 and below 1. */
  level?: number;
  /** Samples drawn: 2,000 put the ends of a 95% interval within some hundredths of its width. */
  resamples?: number;
  seed?: number;
}

/**
 * The mean of the values and its percentile bootstrap interval (Efron, Tibshirani, "An Introduction to the Bootstrap",
 * 1993, chapter 13): the values are drawn anew with replacement, as many as there are, and the ends are quantiles of the
 * means. For means the method needs no assumption on how values spread; with fewer than 30 its intervals are somewhat
 * too narrow (a simulation in the tests says how much). The same values and seed give the same interval.
 * @throws `RangeError` where there are no values.
 */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions = {}): Estimate {
  const { level = 0.95, resamples = 2_000, seed = 1 } = options;
  if (values.length === 0) throw new RangeError('There is no mean of nothing.');
  const random = mulberry32(seed);
  const means = new Float64Array(resamples);
  for (let sample = 0; sample < resamples; sample += 1) {
    let sum = 0;
    for (let drawn = 0; drawn < values.length; drawn += 1) sum += values[Math.floor(random() * values.length)] ?? 0;
    means[sample] = sum / values.length;
  }
  means.sort();
  const tail = (1 - level) / 2;
  return { mean: mean(values), low: quantile(means, tail), high: quantile(means, 1 - tail) };
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

/** The quantile of sorted values, between two of them by their distance (definition 7 of Hyndman and Fan). */
function quantile(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = Math.floor(place);
  const [low = 0, high = low] = [sorted[below], sorted[below + 1]];
  return low + (high - low) * (place - below);
}
