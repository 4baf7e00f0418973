/** Hits and misses of one label: predicted and true, predicted and not true, true and not predicted. */
interface Counts {
  hits: number;
  falseAlarms: number;
  missed: number;
}

/** Precision, recall and F1, each from 0 to 1, and 0 where it would divide by nothing (scikit-learn's `zero_division=0`). */
export interface Scores {
  precision: number;
  recall: number;
  f1: number;
}

/** How well labels were told: all three ways of averaging, and every label by itself. */
export interface Classification {
  accuracy: number;
  /** Each label counts the same, however rare it is. */
  macro: Scores;
  /** Each text counts the same. With one label a text this is the accuracy, three times over. */
  micro: Scores;
  /** Each label counts as often as it is true. */
  weighted: Scores;
  /** In the order of their code points, with the number of texts that truly have the label. */
  labels: ({ label: string; texts: number } & Scores)[];
}

/**
 * Compares predicted labels with the true ones, text by text. What is averaged are the labels that occur in either list, as
 * scikit-learn's `precision_recall_fscore_support` does by default; a macro F1 is the mean of F1s, not the F1 of means.
 * @throws `RangeError` where the lists are of different length, or empty.
 */
export function classify(truth: readonly string[], predicted: readonly string[]): Classification {
  if (truth.length !== predicted.length) throw new RangeError('Each text has one true label and one predicted.');
  if (truth.length === 0) throw new RangeError('There is nothing to compare.');
  const counts = new Map<string, Counts>();
  const of = (label: string): Counts => {
    const known = counts.get(label) ?? { hits: 0, falseAlarms: 0, missed: 0 };
    counts.set(label, known);
    return known;
  };
  for (const [at, label] of truth.entries()) {
    const told = predicted[at] ?? '';
    if (told === label) of(label).hits += 1;
    else {
      of(label).missed += 1;
      of(told).falseAlarms += 1;
    }
  }
  const labels = [...counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([label, count]) => ({ label, texts: count.hits + count.missed, ...scoresOf(count) }));
  const all = [...counts.values()].reduce((sum, count) => ({
    hits: sum.hits + count.hits,
    falseAlarms: sum.falseAlarms + count.falseAlarms,
    missed: sum.missed + count.missed,
  }));
  return {
    accuracy: all.hits / truth.length,
    macro: averaged(labels, () => 1),
    micro: scoresOf(all),
    weighted: averaged(labels, ({ texts }) => texts),
    labels,
  };
}

function scoresOf({ hits, falseAlarms, missed }: Counts): Scores {
  return {
    precision: ratio(hits, hits + falseAlarms),
    recall: ratio(hits, hits + missed),
    f1: ratio(2 * hits, 2 * hits + falseAlarms + missed),
  };
}

function averaged(labels: Classification['labels'], weight: (label: { texts: number }) => number): Scores {
  const total = labels.reduce((sum, label) => sum + weight(label), 0);
  const average = (of: (scores: Scores) => number) =>
    labels.reduce((sum, label) => sum + weight(label) * of(label), 0) / total;
  return {
    precision: average(({ precision }) => precision),
    recall: average(({ recall }) => recall),
    f1: average(({ f1 }) => f1),
  };
}

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
