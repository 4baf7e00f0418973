/**
 * Macro F1 of the cases at some places, some more than once, as `classify` has it of their labels: here of numbers, for it is asked thousands of times.
 */
export function macroF1(truth: readonly number[], told: readonly number[], places: Uint32Array): number {
  const counts = new Map<number, { hits: number; wrong: number }>();
  const of = (label: number) => {
    const known = counts.get(label) ?? { hits: 0, wrong: 0 };
    counts.set(label, known);
    return known;
  };
  for (const place of places) {
    const [right, said] = [truth[place] ?? -1, told[place] ?? -1];
    if (right === said) of(right).hits += 1;
    else {
      of(right).wrong += 1;
      of(said).wrong += 1;
    }
  }
  const all = [...counts.values()].map(({ hits, wrong }) => (2 * hits) / (2 * hits + wrong));
  return all.reduce((sum, value) => sum + value, 0) / all.length;
}
