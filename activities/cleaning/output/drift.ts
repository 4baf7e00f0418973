import type { CleanCounts } from '../../../schemas/clean-dataset';

/** A published version that a run is compared with. */
export interface EarlierVersion {
  version: number;
  counts: CleanCounts;
}

/** What a reason drops of all documents read: a share of 0 to 1, in the earlier version and in this run. */
export interface ReasonDrift {
  reason: string;
  before: number;
  now: number;
}

/** How a run differs from the last published version of the same dataset. */
export interface Drift {
  /** The version compared with. */
  version: number;
  /** Every reason that dropped something in either, the largest move first. */
  reasons: ReasonDrift[];
  /** Percentage points from which on the run is held; null where it never is. */
  maxDrift: number | null;
}

/** Reasons named to the person who decides; the report has all. */
const NAMED = 3;

/** Percentage points between the two, with a sign; rounded, as 40% is not more than ten points above 30%. */
export const movedBy = ({ before, now }: ReasonDrift): number => Number((100 * (now - before)).toFixed(9));

/** Compares what each reason dropped of all that was read. An empty version has dropped nothing. */
export function driftOf(counts: CleanCounts, last: EarlierVersion, maxDrift: number | null): Drift {
  const share = ({ reasons, read }: CleanCounts, reason: string) => (read === 0 ? 0 : (reasons[reason] ?? 0) / read);
  const names = [...new Set([...Object.keys(counts.reasons), ...Object.keys(last.counts.reasons)])].sort();
  const reasons = names
    .map((reason): ReasonDrift => ({ reason, before: share(last.counts, reason), now: share(counts, reason) }))
    .sort((a, b) => Math.abs(movedBy(b)) - Math.abs(movedBy(a)));
  return { version: last.version, reasons, maxDrift };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)}%`;
const signed = (points: number): string => `${points < 0 ? '−' : '+'}${Math.abs(points).toFixed(1)}`;

/** Why a person has to look at the run before it is published; null where no reason moved by more than `maxDrift`. */
export function holdReason({ version, reasons, maxDrift }: Drift): string | null {
  if (maxDrift === null) return null;
  const moved = reasons.filter((drift) => Math.abs(movedBy(drift)) > maxDrift);
  if (moved.length === 0) return null;
  const named = moved.slice(0, NAMED).map((drift) => {
    const { reason, before, now } = drift;
    return `${reason} drops ${percent(now)} of the documents, ${percent(before)} in version ${version} (${signed(movedBy(drift))} points)`;
  });
  const others = moved.length > NAMED ? `; ${moved.length - NAMED} more` : '';
  return `${named.join('; ')}${others}; maxDrift is ${maxDrift}`;
}
