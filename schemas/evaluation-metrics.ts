import * as z from 'zod';
import { slug } from './common';
import { evaluationCase, type EvaluationCase } from './evaluation-cases';

/** What a metric is shown of an answer: its text or label, and of a ranking the ids of documents, the best first. */
export interface MetricAnswer {
  text: string;
  ranked?: readonly string[];
}

/**
 * Scores one answer from 0 to 1, higher is better; null where the metric says nothing of such a case. It may rest on its two arguments
 * alone, and has to give the same for the same: no clock, no chance, nothing from elsewhere.
 */
export type ScoreFunction = (one: EvaluationCase, answer: MetricAnswer) => number | null;

/** A case of an example, of which only that has to be said which the metric looks at. */
const exampleCase = evaluationCase.partial();

const EMPTY_CASE: EvaluationCase = {
  ...{ id: 'example', task: 'example', input: '', messages: null, passages: [], choices: [], answers: [] },
  ...{ gains: {}, slices: {} },
};

/** What a score must be; the word for what it is not. */
export const scoreProblem = (score: unknown): string | null =>
  score === null || (typeof score === 'number' && score >= 0 && score <= 1)
    ? null
    : `is ${typeof score === 'number' ? score : typeof score}, and not null or a number from 0 to 1`;

/** A metric of a project's own. Its examples are tried whenever the configuration is read. */
export const evaluationMetric = z
  .strictObject({
    /** Raise it when the same answer gets another score: runs of before are not taken for the same then. */
    version: z.int().min(1),
    score: z.custom<ScoreFunction>(
      (given) => typeof given === 'function',
      'must be a function of a case and an answer',
    ),
    /** What it gives for what: at least one. */
    examples: z
      .array(
        z.strictObject({
          case: exampleCase.default({}),
          answer: z.union([z.string(), z.strictObject({ text: z.string(), ranked: z.array(z.string()).optional() })]),
          score: z.number().min(0).max(1).nullable(),
        }),
      )
      .min(1),
  })
  .superRefine(({ score, examples }, context) => {
    for (const [at, example] of examples.entries()) {
      const wrong = (message: string) => context.addIssue({ code: 'custom', path: ['examples', at], message });
      const { answer } = example;
      const shown: MetricAnswer =
        typeof answer === 'string' ? { text: answer } : { text: answer.text, ...ranked(answer) };
      try {
        const given: unknown = score({ ...EMPTY_CASE, ...defined(example.case) }, shown);
        const problem = scoreProblem(given);
        if (problem !== null) wrong(`its score ${problem}`);
        else if (given !== example.score && Math.abs(Number(given) - Number(example.score)) > 1e-9) {
          wrong(`its score is ${String(given)}, and not ${String(example.score)} as the example says`);
        }
      } catch (error) {
        wrong(`it throws: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  });
export type EvaluationMetric = z.output<typeof evaluationMetric>;

const ranked = (answer: { ranked?: string[] | undefined }) => (answer.ranked ? { ranked: answer.ranked } : {});

/** Without the fields that an example leaves out. */
const defined = (given: z.output<typeof exampleCase>): Partial<EvaluationCase> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));

/** What evaluations of a project bring along. */
export const evaluationConfig = z.strictObject({
  /** Metrics by name, which tasks name under `metrics`. */
  metrics: z.record(slug, evaluationMetric).default({}),
});
export type EvaluationConfig = z.output<typeof evaluationConfig>;
