import * as z from 'zod';
import { failure } from '../errors';
import { rowNumber as number, rowTime } from '../rollout/row-values';

const row = z.object({
  /** The time that the row is about. */
  at: rowTime,
  /** The mean of `count` observations. */
  value: number,
  count: number.pipe(z.number().nonnegative()).default(1),
});
export type MetricRow = z.output<typeof row>;

/** A span of time, its beginning included and its end not; milliseconds. */
export interface Span {
  from: number;
  until: number;
}

/** What a window says: the metric, or why there is none. */
export interface WindowMetric {
  metric: number | null;
  observations: number;
  held: string | null;
}

/** Checks rows of an online metric. @throws `MetricUnusable` that names the row and what is wrong with it */
export function readMetricRows(label: string, rows: readonly unknown[]): MetricRow[] {
  return rows.map((raw, at) => {
    const parsed = row.safeParse(raw);
    if (parsed.success) return parsed.data;
    const [issue] = parsed.error.issues;
    throw failure(
      'MetricUnusable',
      `Row ${at + 1} of ${label}: ${issue?.path.map(String).join('.') || 'the row'}: ${issue?.message ?? 'is wrong'}.`,
    );
  });
}

/**
 * The mean of the observations in a window. Without enough of them, or where none is of its last `freshMs` milliseconds, there is no
 * metric: half of a window whose pipeline has stopped would look like a change.
 */
export function windowMetric(
  rows: readonly MetricRow[],
  { from, until }: Span,
  { minimumCount, freshMs }: { minimumCount: number; freshMs: number },
): WindowMetric {
  const within = rows.filter(({ at }) => at.getTime() >= from && at.getTime() < until);
  const observations = within.reduce((sum, { count }) => sum + count, 0);
  const nothing = (held: string): WindowMetric => ({ metric: null, observations, held });
  const counted = within.filter(({ count }) => count > 0);
  const newest = counted.reduce((found, { at }) => Math.max(found, at.getTime()), -Infinity);
  if (observations === 0) return nothing('the window has no observation');
  if (observations < minimumCount) {
    return nothing(`the window has ${observations} observations, of ${minimumCount} that it takes`);
  }
  if (newest < until - freshMs) return nothing(`the newest row is of ${new Date(newest).toISOString()}`);
  const metric = within.reduce((sum, { value, count }) => sum + value * count, 0) / observations;
  return Number.isFinite(metric)
    ? { metric, observations, held: null }
    : nothing('the mean of the window is no number');
}
