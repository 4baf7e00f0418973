/** The probability of each class that a model gave, which add up to 1, and the place of the class that was true. */
export interface Forecast {
  probabilities: readonly number[];
  truth: number;
}

/**
 * The Brier score: the mean of squared distances between the probabilities and what was true (1 for the true class, 0 for
 * the others), summed over the classes and, with two classes, halved, so that it is the usual one of a single probability
 * (scikit-learn's `brier_score_loss`). 0 is best; 1 is worst with two classes, 2 with more.
 * @throws `RangeError` where a forecast names no true class, or there is none.
 */
export function brierScore(forecasts: readonly Forecast[]): number {
  return meanOf(forecasts, ({ probabilities, truth }) => {
    const squares = probabilities.reduce((sum, given, at) => sum + (given - Number(at === truth)) ** 2, 0);
    return probabilities.length < 3 ? squares / 2 : squares;
  });
}

/**
 * The mean of -ln(probability of what was true), with probabilities kept within a rounding error of 0 and 1 (scikit-learn's
 * `log_loss`): 0 is best, ln(classes) knows nothing, 36 was sure of something false.
 * @throws `RangeError` where a forecast names no true class, or there is none.
 */
export function logLoss(forecasts: readonly Forecast[]): number {
  return meanOf(forecasts, ({ probabilities, truth }) => {
    const given = probabilities[truth] ?? 0;
    return -Math.log(Math.min(1 - Number.EPSILON, Math.max(Number.EPSILON, given)));
  });
}

/** How sure forecasts of one range of confidence were on average, and how often they were right. */
export interface CalibrationBin {
  forecasts: number;
  /** Mean probability of the class that was predicted, 0 to 1. */
  confidence: number;
  /** Share of them that were right. */
  accuracy: number;
}

/**
 * The expected calibration error: forecasts are put into bins of equal width by the probability of their likeliest class, and
 * the distances between confidence and accuracy are averaged by the size of the bins (Naeini and others, AAAI 2015; Guo and
 * others, ICML 2017, with 15 bins). A probability on the border of two bins belongs to the lower one. 0 is best.
 * @throws `RangeError` where a forecast names no true class, or there is none.
 */
export function calibrationError(forecasts: readonly Forecast[], bins = 15): { error: number; bins: CalibrationBin[] } {
  const sums = Array.from({ length: bins }, () => ({ forecasts: 0, confidence: 0, accuracy: 0 }));
  meanOf(forecasts, ({ probabilities, truth }) => {
    const confidence = Math.max(...probabilities);
    const bin = sums[Math.max(0, Math.ceil(confidence * bins) - 1)];
    if (!bin) throw new RangeError(`A probability of ${confidence} is none.`);
    bin.forecasts += 1;
    bin.confidence += confidence;
    bin.accuracy += Number(probabilities.indexOf(confidence) === truth);
    return 0;
  });
  const error = sums.reduce((sum, bin) => sum + Math.abs(bin.confidence - bin.accuracy), 0) / forecasts.length;
  return {
    error,
    bins: sums.map(({ forecasts: count, confidence, accuracy }) => ({
      forecasts: count,
      confidence: count === 0 ? 0 : confidence / count,
      accuracy: count === 0 ? 0 : accuracy / count,
    })),
  };
}

function meanOf(forecasts: readonly Forecast[], loss: (forecast: Forecast) => number): number {
  if (forecasts.length === 0) throw new RangeError('There is nothing to compare.');
  let sum = 0;
  for (const forecast of forecasts) {
    if (forecast.probabilities[forecast.truth] === undefined)
      throw new RangeError('The true class has no probability.');
    sum += loss(forecast);
  }
  return sum / forecasts.length;
}
