import { percent, signedPercent } from '../../schemas/percent';
import { confidenceSequence, evidenceAbove, type Sequential } from './always-valid';
import { contrast, controlMean, type Stratum } from './effect';

/** A metric of users that a rollout watches: the one it is for, or a guardrail. */
export interface MetricRule {
  name: string;
  better: 'higher' | 'lower';
  /** Times the margin of a step that this metric may lose: above 1 for a metric too noisy for that margin. */
  leniency?: number;
  /** Relative loss that is accepted, as the price of what the change saves: only what is worse than that counts as a loss. */
  tolerated?: number;
}

export interface MetricFinding {
  name: string;
  /** `good`: no loss above the margin. `bad`: a loss above what is tolerated. `unclear`: neither is sure yet. */
  outcome: 'good' | 'bad' | 'unclear';
  /** Relative to the control, such as -0.05 for a mean that is 5% lower; its interval holds at every look. */
  change: { mean: number; low: number; high: number };
  /** In words. */
  says: string;
}

/**
 * Whether a metric of the canary is surely worse than that of the control, or surely not by more than a relative margin. Both claims
 * are wrong with a chance of at most alpha each, however often they are looked at.
 */
export function judgeMetric(
  strata: readonly Stratum[],
  { name, better, leniency = 1, tolerated = 0 }: MetricRule,
  margin: number,
  sequential: Sequential,
): MetricFinding {
  const sign = better === 'higher' ? 1 : -1;
  const allowed = margin * leniency;
  const claim = -Math.log(sequential.alpha);
  const plain = contrast(strata);
  const kept = contrast(strata, 1 - sign * allowed);
  const lost = contrast(strata, 1 - sign * tolerated);
  const turned = (effect: typeof plain, by: number) => ({ ...effect, estimate: effect.estimate * by });
  const isBad = evidenceAbove(turned(lost, -sign), 0, sequential) >= claim;
  const isGood = evidenceAbove(turned(kept, sign), 0, sequential) >= claim;
  const outcome = isBad ? 'bad' : isGood ? 'good' : 'unclear';

  const base = controlMean(strata);
  const interval = confidenceSequence(plain, sequential);
  const relative = (value: number) => (base === 0 ? 0 : value / base);
  const change = { mean: relative(plain.estimate), low: relative(interval.low), high: relative(interval.high) };
  const words = {
    good: `worse by no more than ${percent(allowed)}`,
    bad: tolerated === 0 ? 'worse' : `worse by more than ${percent(tolerated)}`,
    unclear: `not sure to be worse by no more than ${percent(allowed)}`,
  }[outcome];
  const figures =
    plain.weight === 0
      ? 'no user yet'
      : `${signedPercent(change.mean)} (${signedPercent(change.low)} to ${signedPercent(change.high)})`;
  return { name, outcome, change, says: `${name} is ${words}: ${figures}` };
}
