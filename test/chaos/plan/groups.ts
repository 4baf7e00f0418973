/** Items by a key, in the order of the keys. */
export function groups<T>(list: readonly T[], keyOf: (item: T) => string): [string, T[]][] {
  const found = new Map<string, T[]>();
  for (const item of list) found.set(keyOf(item), [...(found.get(keyOf(item)) ?? []), item]);
  return [...found].sort(([a], [b]) => a.localeCompare(b));
}
