import type { Effect } from './always-valid';

/** Values of users of one arm, one value each. */
export interface Arm {
  users: number;
  mean: number;
  /** The sample's variance. */
  variance: number;
}

/**
 * Both arms of users who came in the same time and under the same split. Each user belongs to the stratum of the first
 * exposure and counts with one value, summed over all visits within a window that is over: so visits of one user may hang
 * together as they like, and conversions may come late.
 */
export interface Stratum {
  control: Arm;
  canary: Arm;
}

/**
 * How much higher the mean of the canary is than `kept` times that of the control, over all strata. Arms are compared within
 * strata only, weighted by n m / (n + m): were they pooled, a canary that grew during a good week would look good
 * (Simpson's paradox). With `kept` 0.98 an effect above 0 says that no more than 2% was lost. Strata with fewer than two users in an
 * arm are left out.
 */
export function contrast(strata: readonly Stratum[], kept = 1): Effect {
  let [weight, sum, variance] = [0, 0, 0];
  for (const { control, canary } of strata) {
    if (control.users < 2 || canary.users < 2) continue;
    const part = (control.users * canary.users) / (control.users + canary.users);
    weight += part;
    sum += part * (canary.mean - kept * control.mean);
    variance += part ** 2 * (canary.variance / canary.users + (kept ** 2 * control.variance) / control.users);
  }
  if (weight === 0) return { estimate: 0, error: 0, weight: 0 };
  return { estimate: sum / weight, error: Math.sqrt(variance) / weight, weight };
}

/** The mean of the control, weighted as the contrast is. */
export function controlMean(strata: readonly Stratum[]): number {
  let [weight, sum] = [0, 0];
  for (const { control, canary } of strata) {
    if (control.users < 2 || canary.users < 2) continue;
    const part = (control.users * canary.users) / (control.users + canary.users);
    weight += part;
    sum += part * control.mean;
  }
  return weight === 0 ? 0 : sum / weight;
}
