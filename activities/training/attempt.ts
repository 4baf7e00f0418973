import path from 'node:path';
import { mkdir, readFile, rm } from 'node:fs/promises';
import type { ArtifactRef } from '../../schemas/common';
import type { TrainingJob } from '../../schemas/training';
import { artifactKey, type ArtifactStore } from '../stores/artifact-store';
import { namingFullDisk } from '../stores/disk';
import type { FoundData } from './data';
import type { TrainingDependencies } from './dependencies';
import { JOB_FILES, prepareJobFolder, readFence, readResult } from './job-folder';
import { Launches } from './launchers/launch-folder';
import { layFile, newestCheckpoint } from './lay';
import { modelFolder } from './models/model-folder';
import { tokenizerFolder } from './models/tokenizer-folder';
import { PLAN_FILE, type TrainingPlan } from './plan';

/** What makes an attempt other than the first one. */
export interface Adjustments {
  /** The learning rate is multiplied by it. */
  rateFactor: number;
  /** Times that the rows a rank takes at once were halved. */
  halvings: number;
  /** Make a model of the last checkpoint, and train no further. */
  finish: boolean;
}

export interface AttemptInput {
  /** Folder of the job, below that of all jobs. */
  job: string;
  plan: ArtifactRef;
  adjust: Adjustments;
  /** Checkpoints from this step on are of no use; null where all are. */
  badSince: number | null;
  lineage: Record<string, string>;
}

export interface BegunAttempt {
  attempt: number;
  /** Id at the launcher. */
  submission: string;
  /** The checkpoint that it goes on from: its step, and when it was written (seconds since 1970). */
  resumeFrom: { step: number; at: number } | null;
  /** Checkpoints that could not be used, for people. */
  damaged: string[];
  /** The training is through: there is a result already. */
  isDone: boolean;
}

/** The folder of a job on the hosts that train. */
export const jobFolder = ({ training }: Pick<TrainingDependencies, 'training'>, job: string): string =>
  path.join(training.dir, job);

/**
 * Makes the next attempt of a job: lays data and models where its nodes see them, finds the newest checkpoint that is whole,
 * and shuts out the attempts before. Called again, it makes another one, of which only the last may publish.
 */
export async function beginTraining(
  dependencies: TrainingDependencies,
  { job, plan: planRef, adjust, badSince, lineage }: AttemptInput,
  report: (bytes: number) => void,
): Promise<BegunAttempt> {
  const { store } = dependencies;
  const dir = jobFolder(dependencies, job);
  return namingFullDisk(dir, async () => {
    await mkdir(dir, { recursive: true });
    const attempt = (await readFence(dir)) + 1;
    const submission = `${job}-${attempt}`;
    if (await readResult(dir)) {
      if (badSince === null) return { attempt, submission, resumeFrom: null, damaged: [], isDone: true };
      // It came through although its numbers had gone wrong, before it could be ended.
      await rm(path.join(dir, JOB_FILES.result), { recursive: true, force: true });
    }
    const planKey = artifactKey(planRef);
    const plan = JSON.parse(await readFile(await store.localFile(planKey, PLAN_FILE), 'utf8')) as TrainingPlan;
    const { manifest, damaged } = await newestCheckpoint(dir, badSince, report);
    const lay = (data: FoundData, role: string) => layData(store, data, planKey, path.join(dir, 'data', role));
    const models: TrainingJob['models'] = {};
    for (const [role, model] of Object.entries(plan.models)) {
      models[role] = await modelFolder(store, model.artifact, path.join(dir, 'models'));
    }
    // Tokens without a word on whose they are: those of the tokenizer that has packed them.
    const { transform } = plan.train;
    if (transform !== undefined && 'input_ids' in plan.columns && !('base' in models) && !('tokenizer' in models)) {
      models['tokenizer'] = await tokenizerFolder(store, transform, path.join(dir, 'models'));
    }
    await prepareJobFolder({
      id: submission,
      attempt,
      recipe: plan.recipe,
      parameters: adjusted(plan.parameters, adjust, manifest?.step ?? null),
      models,
      train: await lay(plan.train, 'train'),
      eval: plan.eval && (await lay(plan.eval, 'eval')),
      columns: plan.columns,
      resumeFrom: manifest?.step ?? null,
      dir,
      lineage,
    });
    return {
      attempt,
      submission,
      resumeFrom: manifest && { step: manifest.step, at: manifest.at },
      damaged: damaged.map(({ step, why }) => `The checkpoint of step ${step} was left out: ${why}.`),
      isDone: false,
    };
  });
}

/** Parameters of an attempt: those of the plan, as the failures before it have changed them. */
export function adjusted(
  parameters: Record<string, unknown>,
  { rateFactor, halvings, finish }: Adjustments,
  checkpoint: number | null,
): Record<string, unknown> {
  const changed = { ...parameters };
  if (rateFactor !== 1) changed['learningRate'] = Number(parameters['learningRate']) * rateFactor;
  if (halvings > 0)
    changed['microBatchSize'] = Math.max(1, Math.floor(Number(parameters['microBatchSize']) / 2 ** halvings));
  if (finish && checkpoint !== null) changed['steps'] = checkpoint;
  return changed;
}

async function layData(
  store: ArtifactStore,
  { format, key, files, rows }: FoundData,
  planKey: string,
  dir: string,
): Promise<TrainingJob['train']> {
  const paths: string[] = [];
  for (const { name } of files) {
    const laid = path.join(dir, name);
    await layFile(await store.localFile(key ?? planKey, name), laid);
    paths.push(laid);
  }
  return { format, paths, rows };
}

/** Removes the folder of a job, and what points to its launches. */
export async function removeJob(dependencies: Pick<TrainingDependencies, 'training'>, job: string): Promise<void> {
  const dir = jobFolder(dependencies, job);
  await new Launches(dependencies.training.dir).forget(dir);
  await rm(dir, { recursive: true, force: true });
}
