import * as z from 'zod';
import { artifactRef, concurrency, outcome, sha256Hex, slug } from './common';
import { measuredStudent, studentGate, studentPrecision, type StudentPrecision } from './distillation-gate';
import { modelReference, modelVersion } from './models';
import { defineStage } from './stage';
import { trainModelStage } from './train-model';
import { trainingData } from './training-run';

/** What the teacher does, which decides how it is taught from, exported and judged. */
export const DISTILLATION_TASKS = ['embedding', 'classifier'] as const;
export type DistillationTask = (typeof DISTILLATION_TASKS)[number];

/** The recipe of trainModel for each task. */
export const DISTILLATION_RECIPES = {
  embedding: 'distil-embedding',
  classifier: 'distil-classifier',
} as const satisfies Record<DistillationTask, string>;

/** A student in the making is registered under the student's name and this; the student itself only once it has passed. */
const TRAINED = '-trained';
export const trainedName = (name: string): string => `${name}${TRAINED}`;
const NAME_MAX = 63 - TRAINED.length;

/** How it is trained: fields of trainModel's input, as they are there. */
const training = z.strictObject(trainModelStage.input.shape).pick({
  launcher: true,
  nodes: true,
  processesPerNode: true,
  perNode: true,
  spot: true,
  priority: true,
  fairnessKey: true,
  budget: true,
  rules: true,
  timeLimitHours: true,
});

const student = z.strictObject({
  base: modelReference.optional().describe('Registered model that it begins as; the teacher when left out.'),
  layers: z
    .union([z.int().min(1).max(256), z.array(z.int().min(0).max(1_000)).min(1).max(256)])
    .optional()
    .describe(
      'How many of the layers of its base it keeps, spread evenly, or which of them, from 0; half when left out.',
    ),
  intermediate: z
    .int()
    .min(8)
    .max(131_072)
    .optional()
    .describe('Width of its feed-forward layers; that of its base when left out.'),
  dimensions: z
    .int()
    .min(8)
    .max(65_536)
    .optional()
    .describe('Numbers of its vectors, the first of those that it is trained to give; all when left out.'),
  parameters: z
    .record(z.string(), z.unknown())
    .default({})
    .describe(
      'Parameters of the recipe that are not to be its defaults, such as {"epochs": 3, "learningRate": 0.0005}.',
    ),
});

const fields = z.strictObject({
  name: slug
    .max(NAME_MAX)
    .default('student')
    .describe('Name of the student; each run whose student passes publishes its next version.'),
  teacher: modelReference.describe('Registered model to learn from, as name@version; importModel registers one.'),
  task: z
    .enum(DISTILLATION_TASKS)
    .optional()
    .describe('What it does; by the kind of the teacher when left out: encoders embed, classifiers classify.'),
  data: trainingData
    .prefault({ dataset: 'documents' })
    .describe('Texts that the teacher is asked; the dataset `documents` when left out.'),
  columns: z
    .record(z.string(), z.string().min(1))
    .default({})
    .describe('What a column is called in the data, by the name that the recipe knows, as in {"text": "body"}.'),
  maxTexts: z
    .int()
    .min(1)
    .max(100_000_000)
    .default(200_000)
    .describe('Different texts that are taught at most; of more, a part that only their content decides.'),
  student: student.prefault({}),
  training: training.prefault({}),
  precisions: z
    .array(studentPrecision)
    .min(1)
    .max(3)
    .default((): StudentPrecision[] => ['int8', 'fp16', 'fp32'])
    .describe(
      'What it may compute in, the most wanted first: the first that passes is taken. fp16 only where there is a GPU.',
    ),
  gate: studentGate.prefault({}),
  onWorse: z
    .enum(['hold', 'fail', 'record'])
    .default('hold')
    .describe('Where none passes: wait for a person, end the run, or register it all the same and promote nothing.'),
  promote: z
    .enum(['never', 'auto', 'approve'])
    .default('never')
    .describe(
      'Whether a student that has passed goes live under its name: not by this run, at once, or when a person has approved it. One that has not passed never does.',
    ),
  unitTexts: z
    .int()
    .min(1)
    .max(100_000)
    .default(1_024)
    .describe('Texts that the teacher is asked in one unit of work: what a crash can cost at most.'),
  concurrency: concurrency.default(2).describe('Units in flight at once; change it on a live run with setConcurrency.'),
  force: z
    .boolean()
    .default(false)
    .describe(
      'Train and measure again although it was done before. What the teacher has said of the same texts is kept.',
    ),
  dryRun: z.boolean().default(false).describe('Only say what would be taught, and whether it was done before.'),
});

const input = fields.superRefine((value, context) => {
  const issue = (path: PropertyKey[], message: string) => context.addIssue({ code: 'custom', path, message });
  if (new Set(value.precisions).size < value.precisions.length) issue(['precisions'], 'names one twice');
  if (value.gate.golden !== undefined && value.gate.documents === undefined) {
    issue(['gate', 'documents'], 'golden queries need the documents that they are answered from');
  }
  if (value.gate.golden !== undefined && value.gate.cases !== undefined) {
    issue(['gate', 'cases'], 'golden queries are for encoders and labelled cases for classifiers: name one of them');
  }
  for (const field of ['layers', 'intermediate', 'dims'] as const) {
    if (field in value.student.parameters) {
      issue(['student', 'parameters', field], `is said by student.${field === 'dims' ? 'dimensions' : field}`);
    }
  }
});

const count = z.int().nonnegative();

export const distillationCounts = z.strictObject({
  /** Different texts that the teacher is asked. */
  texts: count,
  /** Parameters of both; those of the student are 0 before it is trained. */
  teacherParameters: count,
  studentParameters: count,
});
export type DistillationCounts = z.infer<typeof distillationCounts>;

const output = z.strictObject({
  outcome,
  workKey: sha256Hex,
  counts: distillationCounts,
  task: z.enum(DISTILLATION_TASKS),
  /** Absent after a dry run, like those below. What the teacher has said. */
  teaching: artifactRef.optional(),
  model: modelVersion.optional(),
  /** What it computes in. */
  precision: studentPrecision.optional(),
  /** Each precision that was tried, in their order, and why it was not taken. */
  tried: z.array(measuredStudent).optional(),
  /** Why it may take the place of the teacher, or not. */
  verdict: z.enum(['promote', 'reject', 'hold']).optional(),
  reasons: z.array(z.string()).optional(),
  report: artifactRef.optional(),
  approval: z.strictObject({ by: z.string(), note: z.string() }).optional(),
});

export const distillModelStage = defineStage({
  name: 'distillModel',
  summary:
    'Teaches a small model what a large one says, exports it to ONNX, and takes the smallest numbers that keep its quality.',
  codeVersion: 2,
  input,
  output,
  example: {
    name: 'example-student',
    // The one that importModel's example has registered: trainModel's is of the same name.
    teacher: 'example@1',
    data: { dataset: 'example' },
    student: { layers: 2, parameters: { steps: 4, batchSize: 4, microBatchSize: 2, maxLength: 32 } },
    gate: { speed: { buckets: [32], texts: 8, rounds: 3, minimum: 1 } },
    onWorse: 'record',
  },
  needs: 'trainers',
  subject: ({ name }) => name,
});

export type DistillModelInput = z.output<typeof input>;
export type DistillModelOutput = z.output<typeof output>;
