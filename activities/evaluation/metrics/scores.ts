/** A score of a text, higher where it is more likely to be what is looked for, and whether it is. */
export interface Scored {
  score: number;
  positive: boolean;
}

/**
 * The area under the ROC curve: how often a positive has a higher score than a negative, equal scores counting half
 * (Mann, Whitney 1947; Hanley, McNeil, Radiology 1982). 0.5 is chance, 1 all in order.
 * @throws `RangeError` without a positive and a negative, where it is undefined.
 */
export function rocAuc(scored: readonly Scored[]): number {
  const positives = countPositives(scored);
  const negatives = scored.length - positives;
  if (positives === 0 || negatives === 0) throw new RangeError('A ROC curve takes a positive and a negative.');
  let [below, sum] = [0, 0];
  for (const group of equalScores(scored).reverse()) {
    sum += group.positives * (below + group.negatives / 2);
    below += group.negatives;
  }
  return sum / (positives * negatives);
}

/**
 * Average precision: the area under the steps of precision over recall, sum of (R_n - R_{n-1}) P_n over the thresholds, the
 * highest first, without interpolation (scikit-learn's `average_precision_score`). Equal scores are one threshold.
 * @throws `RangeError` without a positive.
 */
export function averagePrecision(scored: readonly Scored[]): number {
  const positives = countPositives(scored);
  if (positives === 0) throw new RangeError('There is no precision at any recall without a positive.');
  let [taken, hits, sum] = [0, 0, 0];
  for (const group of equalScores(scored)) {
    taken += group.positives + group.negatives;
    hits += group.positives;
    sum += (group.positives / positives) * (hits / taken);
  }
  return sum;
}

const countPositives = (scored: readonly Scored[]): number =>
  scored.reduce((sum, { positive }) => sum + Number(positive), 0);

/** Texts of the same score together, the highest score first. */
function equalScores(scored: readonly Scored[]): { positives: number; negatives: number }[] {
  const groups: { score: number; positives: number; negatives: number }[] = [];
  for (const { score, positive } of [...scored].sort((a, b) => b.score - a.score)) {
    let group = groups.at(-1);
    if (group?.score !== score) groups.push((group = { score, positives: 0, negatives: 0 }));
    group[positive ? 'positives' : 'negatives'] += 1;
  }
  return groups;
}
