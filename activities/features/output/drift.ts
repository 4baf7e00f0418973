/** How rows are spread over bins: rows with a value in each bin, and rows without one. */
export interface Spread {
  counts: readonly number[];
  missing: number;
}

export interface Drift {
  /** Population stability index: the sum over bins of (p - q) ln(p / q). */
  psi: number;
  /** Greatest distance between the two cumulative shares at an edge of bins; null where bins have no order. */
  ks: number | null;
}

/** The least share a bin is taken to have: an empty one would make the index infinite. */
const LEAST_SHARE = 1e-4;

/**
 * How far a column has moved: PSI over its bins and one for missing values, and a Kolmogorov-Smirnov distance over the
 * values that are there. Below 0.1 a PSI is taken for noise, from 0.25 on for a shift (Siddiqi, Credit Risk Scorecards,
 * 2006).
 * @param ordered whether the bins stand in the order of their values.
 */
export function driftOf(before: Spread, now: Spread, ordered: boolean): Drift {
  const shares = ({ counts, missing }: Spread): number[] => {
    const bins = [...counts, missing];
    const rows = bins.reduce((sum, count) => sum + count, 0);
    return bins.map((count) => Math.max(rows === 0 ? 0 : count / rows, LEAST_SHARE));
  };
  const [q, p] = [shares(before), shares(now)];
  const psi = p.reduce((sum, share, bin) => sum + (share - (q[bin] ?? 0)) * Math.log(share / (q[bin] ?? 1)), 0);
  return { psi, ks: ordered ? greatestDistance(before.counts, now.counts) : null };
}

function greatestDistance(before: readonly number[], now: readonly number[]): number {
  const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
  const [allBefore, allNow] = [total(before), total(now)];
  if (allBefore === 0 || allNow === 0) return 0;
  let [sumBefore, sumNow, greatest] = [0, 0, 0];
  now.forEach((count, bin) => {
    sumBefore += before[bin] ?? 0;
    sumNow += count;
    greatest = Math.max(greatest, Math.abs(sumBefore / allBefore - sumNow / allNow));
  });
  return greatest;
}
