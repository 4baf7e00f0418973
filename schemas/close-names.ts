/** Names in the order of how close they are to one that is not among them, the closest first; `most` of them. */
export const closeNames = (wanted: string, known: readonly string[], most: number): string[] =>
  [...known].sort((a, b) => distance(wanted, a) - distance(wanted, b)).slice(0, most);

/** Levenshtein distance, upper and lower case alike. */
export function distance(left: string, right: string): number {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
