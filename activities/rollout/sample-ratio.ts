/** Users who were assigned to each arm while the canary was to get a share of them, above 0 and below 1. */
export interface Assigned {
  share: number;
  control: number;
  canary: number;
}

/** How far shares are taken to be off where they are: as the share in so many users would vary by chance. */
const CONCENTRATION = 1_000;

/**
 * How strongly the counts speak against the shares that were to be: the natural logarithm of the Bayes factor of shares around the
 * intended ones (a beta distribution) against these themselves. Where the shares are as intended it ever gets above ln(1 / alpha)
 * with a chance of at most alpha, at any number of looks (Lindon, Malek, "Anytime-valid inference for multinomial count data", NeurIPS
 * 2022). Users who are lost on one side make every comparison of the rest worthless.
 */
export function evidenceOfMismatch(assigned: readonly Assigned[]): number {
  const byShare = new Map<number, { control: number; canary: number }>();
  for (const { share, control, canary } of assigned) {
    const counts = byShare.get(share) ?? { control: 0, canary: 0 };
    byShare.set(share, { control: counts.control + control, canary: counts.canary + canary });
  }
  let evidence = 0;
  for (const [share, { control, canary }] of byShare) {
    const [a, b] = [CONCENTRATION * share, CONCENTRATION * (1 - share)];
    const intended = canary * Math.log(share) + control * Math.log(1 - share);
    evidence += logBeta(a + canary, b + control) - logBeta(a, b) - intended;
  }
  return evidence;
}

const logBeta = (a: number, b: number): number => logGamma(a) + logGamma(b) - logGamma(a + b);

/** ln of the gamma function of a number above 0, by Stirling's series after a shift to 10 or more: to 1e-12 of its size. */
export function logGamma(value: number): number {
  let [x, shift] = [value, 0];
  for (; x < 10; x += 1) shift -= Math.log(x);
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1_260 * x ** 5) - 1 / (1_680 * x ** 7);
  return shift + (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}
