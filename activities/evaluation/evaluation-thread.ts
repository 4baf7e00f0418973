import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../errors';
import { measure, type Measured, METRICS_FILE, type ScoredLine } from './measure';
import { type EvaluationPlan, type PlannedCase, readLines } from './plan';
import { openTasks } from './tasks';

export interface MeasureTask {
  plan: EvaluationPlan;
  /** Files on this host: of the cases, and of the samples in their order. */
  files: { cases: string; candidate: string[]; reference: string[] | null };
  seed: number;
  failures: number;
  dir: string;
}

/** Measures a run by the files that its units have left: intervals of many cases take a while. */
export async function measureInThread({ plan, files, seed, failures, dir }: MeasureTask): Promise<Measured> {
  const ground = () => Promise.reject(failure('InvariantBroken', 'Answers are scored where they are asked.'));
  const measured = measure({
    ...{ plan, seed, failures, tasks: openTasks(plan.tasks, { ground }, plan.labels) },
    cases: await readLines<PlannedCase>(files.cases),
    candidate: await readAll(files.candidate),
    reference: files.reference && (await readAll(files.reference)),
  });
  await writeFile(path.join(dir, METRICS_FILE), `${JSON.stringify(measured, null, 2)}\n`);
  return measured;
}

async function readAll(files: readonly string[]): Promise<ScoredLine[]> {
  const lines: ScoredLine[] = [];
  for (const file of files) lines.push(...(await readLines<ScoredLine>(file)));
  return lines;
}
