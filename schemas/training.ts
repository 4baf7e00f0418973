import * as z from 'zod';
import { sha256Hex, slug } from './common';

/** What a job trains: each is a module of `trainers/llm_pack_trainers/recipes`. */
export const RECIPES = [
  ...(['pretrain', 'sft', 'reward', 'dpo', 'grpo', 'moe', 'embedding', 'classifier'] as const),
  ...(['distil-embedding', 'distil-classifier'] as const),
] as const;
export type RecipeName = (typeof RECIPES)[number];

/** How a job stands, whatever its launcher calls it. `unknown` is a word that this pack does not know: it holds. */
export const JOB_STATES = [
  'queued',
  'running',
  'recovering',
  'paused',
  'done',
  'failed',
  /** Ended by no fault of its own: a node that failed, a preemption. */
  'lost',
  'cancelled',
  'unknown',
] as const;
export type JobState = (typeof JOB_STATES)[number];

/**
 * Why a job ended without a result; each is retried in its own way. `memory` is the GPU's or the host's, `numeric` a loss
 * that is no number, `data` rows that the recipe can not use, `user` a defect of the recipe's code or parameters.
 */
export const FAILURE_CLASSES = ['infrastructure', 'memory', 'numeric', 'data', 'user'] as const;
export const failureClass = z.enum(FAILURE_CLASSES);
export type FailureClass = z.infer<typeof failureClass>;

/** Files of a job's data, absolute on the hosts that train. Rows of several files follow one another. */
const files = z.strictObject({
  format: z.enum(['parquet', 'jsonl']),
  paths: z.array(z.string().min(1)).min(1),
  rows: z.int().nonnegative(),
});

/**
 * `job.json`, which a trainer is started with: all that it knows. It lies in the job's folder, which every node sees, beside
 *
 * - `fence`: the attempt that may publish, a number; a trainer of a lower one ends without a word,
 * - `control.json`: `{"stop": true}` asks for a checkpoint and the end after the step that is under way; SIGTERM likewise,
 * - `metrics.jsonl`: lines of `metricLine`, appended by rank 0 and flushed,
 * - `spans.jsonl`: lines of `trainerSpan` by rank 0, where the job was started in a trace (TRACEPARENT),
 * - `checkpoints/step-<8 digits>/`: files and, last and by rename, `manifest.json`: without it there is no checkpoint,
 * - `failure.json`: `failureReport` of the first rank that failed, with the attempt in it,
 * - `stopped.json`: `{"attempt", "step"}`, when it has ended as asked, its checkpoint written,
 * - `result/`: the model in Hugging Face layout, moved there whole, with `result.json` in it.
 */
export const trainingJob = z.strictObject({
  /** Submission id: the workflow's, and the attempt. */
  id: z.string().min(1).max(200),
  /** From 1; a resume is a new attempt. */
  attempt: z.int().positive(),
  recipe: z.enum(RECIPES),
  /** The recipe's parameters with all defaults filled in, as `schemas/training-recipes.ts` has them. */
  parameters: z.record(z.string(), z.unknown()),
  /** Folders of models in Hugging Face layout by role: `base`, and what a recipe needs besides (`reward`, `teacher`). */
  models: z.record(slug, z.string()),
  train: files,
  /** Rows that nothing is learnt from; without them the recipe holds back `evalShare` of `train`. */
  eval: files.nullable(),
  /** Column of the data for each name that the recipe reads, such as `{ "text": "body" }`. */
  columns: z.record(z.string(), z.string()),
  /** Step of the checkpoint to go on from; null to begin. */
  resumeFrom: z.int().positive().nullable(),
  /** The folder of the job. */
  dir: z.string().min(1),
  /** For the card: names and hashes of what the model was made of. */
  lineage: z.record(z.string(), z.string()),
});
export type TrainingJob = z.infer<typeof trainingJob>;

const finite = z.number();

/** What a trainer says of a step; null where a number is NaN or infinite, which JSON does not have. */
export const metricLine = z.object({
  attempt: z.int().positive(),
  /** Optimiser steps done, from 1. */
  step: z.int().nonnegative(),
  /** Steps of the whole training. */
  steps: z.int().positive(),
  /** Seconds since 1970. */
  at: finite,
  loss: finite.nullable().optional(),
  evalLoss: finite.nullable().optional(),
  learningRate: finite.nullable().optional(),
  gradientNorm: finite.nullable().optional(),
  /** Of all ranks. */
  tokensPerSecond: finite.nullable().optional(),
  /** Greatest memory of a rank so far, of its device or, on a CPU, of its process. */
  memoryBytes: finite.nullable().optional(),
  /** What else a recipe measures: `rewardAccuracy`, `routerBalance`, `kl`. */
  extra: z.record(z.string(), finite.nullable()).optional(),
});
export type MetricLine = z.infer<typeof metricLine>;

/** What a trainer did and for how long: `load`, `train` or `save`. */
export const trainerSpan = z.object({
  attempt: z.int().positive(),
  name: z.string().max(100),
  /** Seconds since 1970. */
  from: finite,
  to: finite,
  /** The W3C `traceparent` that the job was started with. */
  parent: z.string().max(200),
  /** Class of the exception that it ended with. */
  error: z.string().max(200).optional(),
});
export type TrainerSpan = z.infer<typeof trainerSpan>;

/** `manifest.json` of a checkpoint. */
export const checkpointManifest = z.strictObject({
  step: z.int().positive(),
  attempt: z.int().positive(),
  worldSize: z.int().positive(),
  /** Rows of the training data that the steps up to here have taken, repeats counted. */
  rowsSeen: z.int().nonnegative(),
  /** Seconds since 1970. */
  at: finite,
  files: z.array(z.strictObject({ name: z.string().min(1), bytes: z.int().nonnegative(), sha256: sha256Hex })).min(1),
});
export type CheckpointManifest = z.infer<typeof checkpointManifest>;

/** `failure.json`: what a rank knows of why it failed. */
export const failureReport = z.object({
  attempt: z.int().positive(),
  class: failureClass,
  /** Class of the exception. */
  type: z.string(),
  message: z.string(),
  rank: z.int().nonnegative(),
  step: z.int().nonnegative(),
});
export type FailureReport = z.infer<typeof failureReport>;

/** `result/result.json`. */
export const trainingResult = z.object({
  attempt: z.int().positive(),
  steps: z.int().positive(),
  /** What was measured before the first step and after the last one, on rows that nothing was learnt from. */
  before: z.record(z.string(), finite.nullable()),
  after: z.record(z.string(), finite.nullable()),
  /** The metric that the recipe is judged by, and which way it should move. */
  metric: z.strictObject({ name: z.string(), better: z.enum(['lower', 'higher']) }),
  /** Class in `config.json`, such as `LlamaForCausalLM`. */
  architecture: z.string(),
  parameters: z.int().positive(),
  rowsSeen: z.int().nonnegative(),
});
export type TrainingResult = z.infer<typeof trainingResult>;
