import * as z from 'zod';
import { artifactRef, concurrency, nameOf, outcome, sha256Hex, slug } from './common';
import { caseSet } from './evaluation-cases';
import { contamination, contaminationRule } from './evaluation-contamination';
import { judge, judgeSummary } from './evaluation-judge';
import { guardReference } from './guard';
import { modelReference } from './models';
import { estimate } from './relevance';
import { defineStage } from './stage';

const SUBJECT_KINDS = ['model', 'endpoint', 'index', 'guard', 'agent'] as const;
export type SubjectKind = (typeof SUBJECT_KINDS)[number];

/** What is evaluated, or evaluated against. */
const subject = z
  .strictObject({
    model: modelReference.optional().describe('Registered model, name or name@version: an encoder or a classifier.'),
    endpoint: slug.optional().describe('Name of a model under `agent.models` in temporal.config.ts.'),
    index: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9._-]{0,62}(@([1-9][0-9]{0,8}|production))?$/,
        'must be an alias, alias@version or alias@production',
      )
      .optional()
      .describe('An index: its alias for what answers now, alias@production for what was promoted, or alias@version.'),
    guard: guardReference.optional().describe('A trained guard, name or name@version.'),
    agent: z
      .strictObject({
        model: slug.optional().describe('Of `agent.models`; the configured default where left out.'),
        index: slug.default('documents').describe('What its search asks.'),
      })
      .optional()
      .describe('An agent that searches and answers: each question is a run of runAgent.'),
    system: z.string().max(20_000).default('').describe('Instructions before each question, of an endpoint or agent.'),
    precision: z
      .enum(['fp32', 'fp16', 'int8'])
      .optional()
      .describe('Of a model without a graph of its own: what it is built in; fp32 when left out.'),
    maxTokens: z.int().min(1).max(32_768).default(512).describe('Of an answer.'),
    temperature: z.number().min(0).max(2).default(0),
  })
  .refine(
    (given) => SUBJECT_KINDS.filter((kind) => given[kind] !== undefined).length === 1,
    `name one of ${SUBJECT_KINDS.map((kind) => `\`${kind}\``).join(', ')}`,
  );
export type SubjectInput = z.output<typeof subject>;

/** Which of its kinds a subject is. */
export const kindOfSubject = (given: SubjectInput): SubjectKind =>
  SUBJECT_KINDS.find((kind) => given[kind] !== undefined) ?? 'endpoint';

/** How people name it. */
export const nameOfSubject = (given: SubjectInput): string => {
  const kind = kindOfSubject(given);
  const named = given[kind];
  return typeof named === 'string' ? named : `${kind}-${given.agent?.model ?? 'default'}`;
};

/** What a candidate has to show in a task. */
const gate = z.strictObject({
  metric: z.string().min(1).max(64).optional().describe("What it is judged by; the task's first metric when left out."),
  margin: z.number().min(0).max(1).default(0.02).describe('What it may lose at most, in units of the metric.'),
  require: z
    .enum(['noWorse', 'better'])
    .default('noWorse')
    .describe('On all cases: no worse by more than the margin, or better.'),
  atLeast: z
    .number()
    .min(0)
    .max(1)
    .optional()
    .describe('Without a reference: the value that it is held against, such as 0.9 of all answers right.'),
  alpha: z.number().gt(0).max(0.5).default(0.025).describe('One-sided; 0.025 goes with the 95% interval.'),
  minimumCases: z.int().min(2).max(100_000).default(50).describe('With fewer nothing is claimed.'),
  fewCases: z.enum(['hold', 'pass']).default('hold').describe('What a slice with fewer means for the whole.'),
  slices: z
    .array(slug)
    .max(20)
    .optional()
    .describe('Slices that must each be no worse; all but `language` and `length` when left out. `[]` for none.'),
});
export type Gate = z.output<typeof gate>;

const shared = {
  name: slug.optional().describe('By which cases name it; its type when left out.'),
  instructions: z.string().min(1).max(20_000).optional().describe('Said to models that answer in words.'),
  metrics: z
    .array(slug)
    .max(10)
    .default([])
    .describe('Metrics of your own beside its own: names under `evaluation.metrics` in temporal.config.ts.'),
  gate: gate.prefault({}),
};

const task = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('classification'),
    labels: z
      .array(z.string().min(1).max(200))
      .min(2)
      .max(500)
      .optional()
      .describe('Those that cases expect if left out.'),
    ...shared,
  }),
  z.strictObject({
    type: z.literal('multiple-choice'),
    prompt: z
      .string()
      .max(20_000)
      .regex(/\{input\}/, 'must say where the question goes: {input}')
      .default('Question: {input}\nAnswer:')
      .describe('What the choices follow, each after a space.'),
    ...shared,
  }),
  z.strictObject({
    type: z.literal('retrieval'),
    k: z.int().min(1).max(100).default(10),
    documents: z
      .string()
      .min(1)
      .max(4_096)
      .optional()
      .describe(
        'For an encoder: JSON Lines or Parquet with `id` and `text` inside a source root. An index has its own.',
      ),
    ...shared,
  }),
  z.strictObject({
    type: z.literal('pairwise'),
    judge: judge.describe('Sees the answers of candidate and reference side by side, in both orders.'),
    criteria: z
      .string()
      .min(1)
      .max(20_000)
      .default('The better one does what was asked, is right, and is no longer than that takes.')
      .describe('Said to the judge: what makes an answer the better one.'),
    ...shared,
  }),
  z.strictObject({
    type: z.enum(['qa', 'extractive-qa']),
    language: z
      .enum(['english', 'chinese'])
      .optional()
      .describe('Whose rules compare answers; by the case if left out.'),
    ...shared,
  }),
]);
export type TaskInput = z.output<typeof task>;
export type TaskType = TaskInput['type'];
export const nameOfTask = ({ name, type }: TaskInput): string => name ?? type;

const limits = z.strictObject({
  calls: z.int().min(0).max(10_000_000).default(20_000).describe('Questions asked of paid subjects at most.'),
  tokens: z.int().min(0).max(10_000_000_000).default(20_000_000).describe('Tokens in and out at most.'),
  usd: z.number().min(0).max(1_000_000).optional().describe('Money at most, by the prices of the models.'),
});
export type EvaluationLimits = z.output<typeof limits>;

const input = z.strictObject({
  candidate: subject.describe('What is to take the place of the reference.'),
  reference: subject.optional().describe('What it is measured against. Left out, `gate.atLeast` may stand for it.'),
  tasks: z
    .array(task)
    .min(1)
    .max(20)
    .prefault([{ type: 'qa' }])
    .describe('What is asked, each with what the candidate has to show in it.'),
  cases: z
    .array(caseSet)
    .min(1)
    .max(20)
    .prefault([{ path: 'cases.jsonl' }])
    .describe('Files or datasets of cases, inside the source roots.'),
  contamination: contaminationRule.prefault({}),
  seed: z.int().min(0).max(1e9).default(1).describe('Of the samples that intervals are drawn from.'),
  limits: limits.prefault({}),
  failures: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe('Share of questions that a subject may fail to answer; with more the verdict is no better than hold.'),
  onUnsure: z.enum(['hold', 'end']).default('end').describe('Whether a verdict of hold waits for a person.'),
  concurrency: concurrency.default(4).describe('Units in flight at once; change it on a live run with setConcurrency.'),
  force: z
    .boolean()
    .default(false)
    .describe('Do the work again although it was done. Answers that were kept are used.'),
  dryRun: z
    .boolean()
    .default(false)
    .describe('Only say how many samples there are, how many are kept already, and what the rest may cost.'),
});

const count = z.int().nonnegative();

/** What became of the samples of a subject: answered + failed + unasked = samples. */
const sampleStates = z.strictObject({
  samples: count,
  answered: count,
  failed: count,
  /** Not asked, for a limit was reached. */
  unasked: count,
});
export type SampleStates = z.infer<typeof sampleStates>;

/** What it took a run to have them: another one, which finds more answers kept, spends less. */
const sampleSpending = z.strictObject({
  /** Of those that were answered: by an earlier run, or by an equal question. */
  kept: count,
  /** Asked again with the same key, because an answer was lost with its process. */
  askedAgain: count,
  tokens: count,
  usd: z.number().nonnegative(),
});
export type SampleSpending = z.infer<typeof sampleSpending>;
export type SampleCounts = SampleStates & SampleSpending;

export const NO_SAMPLES: SampleCounts = {
  ...{ samples: 0, answered: 0, failed: 0, unasked: 0 },
  ...{ kept: 0, askedAgain: 0, tokens: 0, usd: 0 },
};

/** The counts of both together. */
export function addSamples(some: SampleCounts, more: SampleCounts): SampleCounts {
  const sum = { ...some };
  for (const field of Object.keys(NO_SAMPLES) as (keyof SampleCounts)[]) sum[field] += more[field];
  return sum;
}

const finding = z.strictObject({
  name: z.string(),
  cases: count,
  gain: estimate,
  outcome: z.enum(['better', 'noWorse', 'worse', 'unclear', 'few']),
  says: z.string(),
});
const verdictWord = z.enum(['promote', 'reject', 'hold']);

/** What a task came to. */
export const taskVerdict = z.strictObject({
  task: z.string(),
  metric: z.string(),
  candidate: estimate,
  reference: estimate.nullable(),
  /** null where there is nothing to be held against. */
  verdict: verdictWord.nullable(),
  reasons: z.array(z.string()),
  overall: finding.nullable(),
  slices: z.array(finding),
});
export type TaskVerdict = z.infer<typeof taskVerdict>;

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  candidate: z.string(),
  reference: z.string().nullable(),
  /** Two samples of the judge are of each pair that it was shown; only of runs with a judge. */
  counts: z.strictObject({
    ...{ candidate: sampleStates, reference: sampleStates.nullable(), judge: sampleStates.optional() },
  }),
  spent: z.strictObject({
    ...{ candidate: sampleSpending, reference: sampleSpending.nullable(), judge: sampleSpending.optional() },
  }),
  /** What a run would cost at most that asks what is not kept; of a dry run. */
  atMost: z.strictObject({ calls: count, tokens: count, usd: z.number().nonnegative() }).optional(),
  /** What was found of the cases in training texts. */
  contamination: contamination.optional(),
  verdict: verdictWord.nullable().optional(),
  reasons: z.array(z.string()).optional(),
  tasks: z.array(taskVerdict).optional(),
  /** Of each task with a judge. */
  judges: z.array(judgeSummary).optional(),
  /** Samples as JSON Lines, all metrics as JSON, and the report. */
  evaluation: artifactRef.optional(),
  /** The verdict in the ledger; null where there is none, or nothing registered to promote: an endpoint, an agent. */
  decision: z.int().positive().nullable().optional(),
  approval: z.strictObject({ by: z.string(), note: z.string(), approved: z.boolean() }).optional(),
});

export const evaluateModelStage = defineStage({
  name: 'evaluateModel',
  summary:
    'Asks a candidate and a reference the same cases, and says with intervals whether the candidate may take its place.',
  codeVersion: 2,
  input,
  output,
  example: {
    candidate: { endpoint: 'extractive' },
    tasks: [{ type: 'extractive-qa', gate: { atLeast: 0.2, margin: 0, minimumCases: 3 } }],
    cases: [{ path: 'cases.jsonl' }],
  },
  subject: ({ candidate }) => nameOf(nameOfSubject(candidate)),
});

export type EvaluateModelInput = z.output<typeof input>;
export type EvaluateModelOutput = z.output<typeof output>;
