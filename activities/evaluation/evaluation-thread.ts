import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { failure } from '../errors';
import { type JudgedLine, scoreJudgements } from './judge/judge-pairs';
import { measure, type Measured, METRICS_FILE, type ScoredLine } from './measure';
import { type EvaluationPlan, type PlannedCase, readLines } from './plan';
import { makeReport, type Reportable } from './report/make-report';
import { paceOf } from './report/report';
import { writeReport } from './report/write-report';
import { openTasks } from './tasks';
import { WIN_RATE } from './tasks/pairwise';

export { findCases } from './contamination/find-cases';

export interface MeasureTask {
  workKey: string;
  plan: EvaluationPlan;
  counts: Reportable['counts'];
  /** Files on this host: of the cases, and of the samples in their order. */
  files: { cases: string; candidate: string[]; reference: string[] | null; judged: string[] | null };
  seed: number;
  failures: number;
  dir: string;
}

/** Measures a run by the files that its units have left, and writes its report: intervals of many cases take a while. */
export async function measureInThread({ files, failures, dir, ...run }: MeasureTask): Promise<Measured> {
  const ground = () => Promise.reject(failure('InvariantBroken', 'Answers are scored where they are asked.'));
  const { tasks, labels } = run.plan;
  const read = {
    ...{ ...run, tasks: openTasks(tasks, { ground }, labels) },
    cases: await readLines<PlannedCase>(files.cases),
    candidate: await readAll<ScoredLine>(files.candidate),
    reference: files.reference && (await readAll<ScoredLine>(files.reference)),
    judgements: files.judged ? await readAll<JudgedLine>(files.judged) : [],
  };
  scoreJudgements(read.judgements, WIN_RATE, read);
  const measured = measure({ ...read, failures });
  const paceOfSide = (lines: readonly ScoredLine[]) => paceOf(lines.map(({ sample }) => sample));
  const pace = { candidate: paceOfSide(read.candidate), reference: read.reference && paceOfSide(read.reference) };
  await writeFile(path.join(dir, METRICS_FILE), `${JSON.stringify({ ...measured, pace }, null, 2)}\n`);
  await writeReport(dir, makeReport({ ...read, measured }));
  return measured;
}

async function readAll<T>(files: readonly string[]): Promise<T[]> {
  const lines: T[] = [];
  for (const file of files) lines.push(...(await readLines<T>(file)));
  return lines;
}
