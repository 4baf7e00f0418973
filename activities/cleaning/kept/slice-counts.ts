import type { PiiCounts } from '../pii/redact';

/** What filtering has found in each slice of a unit, one JSON line a slice. */
export const SLICES = 'slices.jsonl';

/** What filtering has found in a slice. */
export interface SliceCounts {
  /** What the slice holds; null where nobody knows. */
  identity: string | null;
  kept: number;
  rejected: number;
  /** Of those rejected. */
  reasons: Record<string, number>;
  lines: Record<string, number>;
  pii: PiiCounts;
}

/** Counts that are above 0 after what was there before is taken away. */
export const since = <C extends Record<string, number>>(counts: C, before: C): C =>
  Object.fromEntries(
    Object.entries(counts)
      .map(([name, count]) => [name, count - (before[name] ?? 0)] as const)
      .filter(([, count]) => count > 0),
  ) as C;

/** Adds counts by name to others. */
export function addCounts(sum: Record<string, number>, counts: Record<string, number>): void {
  for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
}
