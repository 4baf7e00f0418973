/** A question with its choices, and how likely a model found each. */
export interface Choices {
  choices: readonly string[];
  /** Sum of the natural logarithms of the probabilities of the tokens of each choice, after the question: 0 or below. */
  logLikelihoods: readonly number[];
  /** Place of the right choice. */
  right: number;
}

/**
 * Whether the choice that a model finds likeliest is the right one, 1 or 0: `acc` as it is, and `accNorm` by log-likelihood
 * per character, which takes the handicap from long choices (lm-evaluation-harness, whose `acc_norm` counts code points of
 * the choice, without the space before it). Of equal ones the first is taken.
 * @throws `RangeError` where a choice has no log-likelihood or no character, or none is the right one.
 */
export function chosenRight({ choices, logLikelihoods, right }: Choices): { acc: number; accNorm: number } {
  const empty = choices.some((choice) => choice === '');
  if (choices.length !== logLikelihoods.length || empty || choices[right] === undefined) {
    throw new RangeError('Each choice has characters and a log-likelihood, and one choice is right.');
  }
  const perCharacter = logLikelihoods.map((sum, at) => sum / [...(choices[at] ?? '')].length);
  return { acc: Number(highest(logLikelihoods) === right), accNorm: Number(highest(perCharacter) === right) };
}

const highest = (values: readonly number[]): number => values.indexOf(Math.max(...values));
