import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import {
  type Checkpoint,
  checkpointDefect,
  listCheckpoints,
  readMetrics,
} from '../../../activities/training/job-folder';
import type { ActiveRun } from './runs';

const LOOK_MS = 200;

/** A step as the trainer has told of it. */
export interface ToldStep {
  attempt: number;
  step: number;
}

/**
 * Looks at the folder of a run's job for as long as the run lasts, which takes it away at its end; tells the run of its steps.
 * @param job what the folder's name begins with
 * @returns what is wrong with its steps and checkpoints
 */
export async function followJob(run: ActiveRun, dir: string, job: string): Promise<string[]> {
  const defects = new Set<string>();
  let told: ToldStep[] = [];
  let doubted = new Map<string, string>();
  while (!run.over) {
    const name = (await readdir(dir).catch(() => [])).find((each) => each.startsWith(`${job}-`));
    if (name !== undefined) {
      const folder = path.join(dir, name);
      const { lines } = await readMetrics(folder, 0);
      // What it writes of its evaluations has no loss. Of a folder that is taken away less and less is read.
      const now = lines.filter(({ loss }) => loss !== undefined);
      if (now.length >= told.length) told = now;
      run.reach(told.at(-1)?.step ?? 0);
      const found = await defectsOf(await listCheckpoints(folder).catch(() => []));
      // One that is taken away while it is looked at lacks its files, too: but not twice.
      for (const [checkpoint, defect] of found) if (doubted.get(checkpoint) === defect) defects.add(defect);
      doubted = found;
    }
    await after(LOOK_MS);
  }
  return [...defects, ...stepDefects(told)].map((defect) => `${run.workflowId}: ${defect}`);
}

async function defectsOf(checkpoints: readonly Checkpoint[]): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (const checkpoint of checkpoints) {
    const { attempt, at, step } = checkpoint.manifest;
    const why = await checkpointDefect(checkpoint).catch(String);
    if (why !== undefined) found.set(`${step} ${attempt} ${at}`, `the checkpoint of step ${step}: ${why}`);
  }
  return found;
}

/** Where steps were left out, or one was taken twice in an attempt, or two attempts trained at the same time. */
export function stepDefects(told: readonly ToldStep[]): string[] {
  const defects: string[] = [];
  if (told[0]?.step !== 1) defects.push(`its first step is ${told[0]?.step ?? 'nowhere to be seen'}`);
  for (const [at, { attempt, step }] of told.entries()) {
    const before = told[at - 1];
    if (before === undefined) continue;
    const where = `step ${step} of attempt ${attempt} after step ${before.step} of attempt ${before.attempt}`;
    if (attempt < before.attempt) defects.push(`an attempt goes on beside the next: ${where}`);
    else if (attempt === before.attempt && step !== before.step + 1) defects.push(`not one after the other: ${where}`);
    else if (step > before.step + 1) defects.push(`steps were left out: ${where}`);
  }
  return defects;
}
