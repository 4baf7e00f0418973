/** Seeded predictions that `bench/metrics.ts` has the Python peers score, and the unit test scores against what they said. */
import { type AnswerLanguage, exactMatch, tokenF1 } from '../../activities/evaluation/metrics/answers';
import { classify } from '../../activities/evaluation/metrics/classification';
import { type Choices, chosenRight } from '../../activities/evaluation/metrics/multiple-choice';
import {
  brierScore,
  calibrationError,
  type Forecast,
  logLoss,
} from '../../activities/evaluation/metrics/probabilities';
import {
  averagePrecisionAt,
  gainsFrom,
  ndcgAt,
  recallAt,
  reciprocalRankAt,
} from '../../activities/evaluation/metrics/ranking';
import { averagePrecision, rocAuc, type Scored } from '../../activities/evaluation/metrics/scores';
import { type Random, seededRandom } from './random';

export interface MetricCases {
  queries: { gains: Record<string, number>; ranked: string[] }[];
  labels: { truth: string[]; predicted: string[] };
  scored: Scored[];
  forecasts: Record<'two' | 'four', Forecast[]>;
  answers: Record<AnswerLanguage, { answer: string; right: string[] }[]>;
  choices: Choices[];
}

/** Metric to values: one for each query, answer or question where there is one, else one for all. */
export type MetricValues = Record<string, number[]>;

export function metricCases(seed: number, size: number): MetricCases {
  const random = seededRandom(seed);
  const many = <T>(count: number, make: () => T): T[] => Array.from({ length: count }, make);
  return {
    queries: many(size, () => query(random)),
    labels: {
      truth: many(size * 4, () => random.pick(['tax', 'visa', 'work', 'home'])),
      predicted: many(size * 4, () => random.pick(['tax', 'tax', 'visa', 'work', 'never true'])),
    },
    // Rounded, so that many are equal.
    scored: many(size * 5, () => {
      const positive = random.below(3) === 0;
      return { positive, score: (random.below(80) + (positive ? 15 : 0)) / 100 };
    }),
    forecasts: { two: many(size * 4, () => forecast(random, 2)), four: many(size * 4, () => forecast(random, 4)) },
    answers: {
      english: many(size * 3, () => answer(random, ENGLISH, ' ')),
      chinese: many(size * 3, () => answer(random, CHINESE, '')),
    },
    choices: many(size * 3, () => question(random)),
  };
}

const ENGLISH =
  'the a an A The wing Wing flow, U.S. $5 3.5% año naïve shock-wave it’s "lift" ＡＢ 中文 new\tline _x_'.split(' ');
const CHINESE = '中 国 的 城 市 是 ， 。 《 》 北京 AB cd- 3.5 % （ ） “ ” ab\u3000x the + $'.split(' ');

function query(random: Random): MetricCases['queries'][number] {
  const documents = Array.from({ length: 60 }, (_, at) => `d${at}`);
  const judged = random.shuffle(documents).slice(0, 1 + random.below(15));
  // The first is always an answer: what a query without one counts is not the same to all peers.
  const gains = Object.fromEntries(judged.map((id, at) => [id, at === 0 ? 3 : random.below(5)]));
  return { gains, ranked: random.shuffle(documents).slice(0, 3 + random.below(40)) };
}

function forecast(random: Random, classes: number): Forecast {
  const weights = Array.from({ length: classes }, () => random.below(100) ** 2);
  const sum = weights.reduce((all, weight) => all + weight, 0);
  // Some are quite sure, and some of those wrong.
  const sure = sum === 0 || random.below(20) === 0;
  const probabilities = weights.map((weight, at) => (sure ? Number(at === 0) : weight / sum));
  const likeliest = probabilities.indexOf(Math.max(...probabilities));
  return { probabilities, truth: random.below(2) === 0 ? likeliest : random.below(classes) };
}

function answer(random: Random, words: readonly string[], space: string): { answer: string; right: string[] } {
  const text = (length: number) => Array.from({ length }, () => random.pick(words)).join(space);
  const right = Array.from({ length: 1 + random.below(3) }, () => `x${space}${text(1 + random.below(5))}`);
  return { answer: random.below(4) === 0 ? ` ${random.pick(right)}.` : `x${space}${text(1 + random.below(7))}`, right };
}

function question(random: Random): Choices {
  const choices = Array.from({ length: 2 + random.below(4) }, () =>
    Array.from({ length: 1 + random.below(6) }, () => random.pick(['ja', 'nein', '可能', '🙂', ' not'])).join(''),
  );
  // Whole numbers, so that some are equal.
  return { choices, logLikelihoods: choices.map(() => -1 - random.below(30)), right: random.below(choices.length) };
}

/** What our metrics say, by the names that the peers' values have too. */
export function ourMetrics({ queries, labels, scored, forecasts, answers, choices }: MetricCases): MetricValues {
  const perQuery = (metric: typeof ndcgAt, k: number, least = 1) =>
    queries.map(({ gains, ranked }) => metric(ranked, gainsFrom(new Map(Object.entries(gains)), least), k));
  const told = classify(labels.truth, labels.predicted);
  const averages = (['macro', 'micro', 'weighted'] as const).flatMap((way) =>
    (['precision', 'recall', 'f1'] as const).map((name) => [`${name} ${way}`, [told[way][name]]] as const),
  );
  const perAnswer = (metric: typeof tokenF1, language: AnswerLanguage) =>
    answers[language].map(({ answer: text, right }) => metric(text, right, language));
  return {
    'nDCG@10': perQuery(ndcgAt, 10),
    'nDCG@5': perQuery(ndcgAt, 5),
    'recall@10': perQuery(recallAt, 10),
    'MRR@10': perQuery(reciprocalRankAt, 10),
    'MAP@10': perQuery(averagePrecisionAt, 10),
    'MAP@10 from grade 3': perQuery(averagePrecisionAt, 10, 3),
    accuracy: [told.accuracy],
    ...Object.fromEntries(averages),
    'F1 of each label': told.labels.map(({ f1 }) => f1),
    'ROC AUC': [rocAuc(scored)],
    'average precision': [averagePrecision(scored)],
    'Brier, two classes': [brierScore(forecasts.two)],
    'Brier, four classes': [brierScore(forecasts.four)],
    'log loss, two classes': [logLoss(forecasts.two)],
    'log loss, four classes': [logLoss(forecasts.four)],
    'calibration error': [calibrationError(forecasts.four).error],
    'exact match, English': perAnswer(exactMatch, 'english'),
    'token F1, English': perAnswer(tokenF1, 'english'),
    'exact match, Chinese': perAnswer(exactMatch, 'chinese'),
    'token F1, Chinese': perAnswer(tokenF1, 'chinese'),
    acc: choices.map((of) => chosenRight(of).acc),
    acc_norm: choices.map((of) => chosenRight(of).accNorm),
  };
}
