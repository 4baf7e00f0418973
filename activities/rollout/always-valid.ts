import { normalCdf } from '../evaluation/statistics/normal';

/** A difference that was measured, from users who each count once. */
export interface Effect {
  estimate: number;
  /** Its standard error. */
  error: number;
  /** Users that it rests on, as if both arms were equally large and shared by one: n m / (n + m), over all strata. */
  weight: number;
}

/** How sure to be, and when. */
export interface Sequential {
  /** How often a false claim may be made, however often one looks: above 0 and below 0.5. */
  alpha: number;
  /** The weight at which the test is sharpest: what the rollout is planned to reach. It holds at any other, a little less sharply. */
  planned: number;
}

/**
 * How strongly an effect speaks for being above `value`: the natural logarithm of an e-value, the mixture over half-normal
 * alternatives of the likelihood ratio (Robbins, Annals of Mathematical Statistics 1970; Johari and others, "Always valid inference",
 * Operations Research 2022). Where the effect is at most `value`, it ever gets above ln(1 / alpha) with a chance of at most alpha, in the
 * limit of many users, since the variance is estimated (Waudby-Smith and others, "Time-uniform central limit theory and asymptotic
 * confidence sequences", Annals of Statistics 2024).
 */
export function evidenceAbove({ estimate, error, weight }: Effect, value: number, sequential: Sequential): number {
  if (weight === 0 || error === 0) return 0;
  return logEvidence((estimate - value) / error, spread(weight, sequential));
}

/**
 * The interval that the effect lies in at every look together, with a chance of at least 1 - 2 alpha: each end by itself is wrong with one of
 * at most alpha.
 */
export function confidenceSequence(effect: Effect, sequential: Sequential): { low: number; high: number } {
  if (effect.weight === 0) return { low: -Infinity, high: Infinity };
  const reach = boundary(spread(effect.weight, sequential), sequential.alpha) * effect.error;
  return { low: effect.estimate - reach, high: effect.estimate + reach };
}

/** How many standard errors a claim takes at such a spread of alternatives; 1.96 would do if one looked once, with alpha 0.025. */
function boundary(of: number, alpha: number): number {
  let [low, high] = [0, 1];
  while (logEvidence(high, of) < -Math.log(alpha)) high *= 2;
  for (let step = 0; step < 50; step += 1) {
    const middle = (low + high) / 2;
    if (logEvidence(middle, of) < -Math.log(alpha)) low = middle;
    else high = middle;
  }
  return high;
}

/** The mixture of exp(d S - d^2 V / 2) over d of a half-normal distribution, in closed form: z is S / sqrt(V), `of` its variance times V. */
const logEvidence = (z: number, of: number): number =>
  Math.LN2 - Math.log1p(of) / 2 + (of * z * z) / (2 * (1 + of)) + Math.log(normalCdf(z * Math.sqrt(of / (1 + of))));

/** With which the boundary is lowest at the planned weight (Waudby-Smith and others, appendix on tuning), one-sided. */
function spread(weight: number, { alpha, planned }: Sequential): number {
  const least = -2 * Math.log(2 * alpha);
  return ((least + Math.log1p(least)) * weight) / planned;
}
