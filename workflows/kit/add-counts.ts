/** Adds counts by name. */
export function addCounts(sum: Record<string, number>, more: Record<string, number>): Record<string, number> {
  const total = { ...sum };
  for (const [reason, count] of Object.entries(more)) total[reason] = (total[reason] ?? 0) + count;
  return total;
}
