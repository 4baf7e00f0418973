import { nameOfTask } from '../../../schemas/evaluate-model';
import type { ScoredSample, Task } from '../interfaces';
import type { Measured, ScoredLine } from '../measure';
import type { EvaluationPlan, PlannedCase } from '../plan';
import type { CountedSamples } from '../samples';
import { type EvaluationReport, reportedSubject, worstFirst, worstOf } from './report';

/** All that a report is made of: samples stand in the order of their cases. */
export interface Reportable {
  workKey: string;
  plan: EvaluationPlan;
  /** By name. */
  tasks: ReadonlyMap<string, Task>;
  cases: readonly PlannedCase[];
  candidate: readonly ScoredLine[];
  reference: readonly ScoredLine[] | null;
  counts: CountedSamples;
  measured: Measured;
  seed: number;
}

/** Puts together what people are shown of a run. The same samples give the same report. */
export function makeReport(run: Reportable): EvaluationReport {
  const { workKey, plan, counts, measured, seed } = run;
  const { candidate, reference } = plan.subjects;
  const side = (lines: readonly ScoredLine[], task: string): ScoredSample[] =>
    run.cases.flatMap(({ case: one }, at) => {
      const line = lines[at];
      return line && one.task === task ? [{ case: one, ...line }] : [];
    });
  const worst = measured.tasks.flatMap(({ task, metric }) =>
    worstOf(
      metricByCase(run.tasks.get(task), metric),
      side(run.candidate, task),
      run.reference && side(run.reference, task),
    ),
  );
  return {
    ...{ workKey, seed, verdict: measured.verdict ?? null, reasons: measured.reasons },
    candidate: reportedSubject(candidate, counts.candidate, samplesOf(run.candidate)),
    reference:
      reference && counts.reference && reportedSubject(reference, counts.reference, samplesOf(run.reference ?? [])),
    tasks: measured.tasks.map((told) => ({
      ...told,
      margin: plan.tasks.find((one) => nameOfTask(one) === told.task)?.gate.margin ?? 0,
    })),
    worst: worstFirst(worst),
    cases: plan.sets,
    ...(measured.judges ? { judges: measured.judges } : {}),
    ...(plan.contamination ? { contamination: plan.contamination } : {}),
  };
}

const samplesOf = (lines: readonly ScoredLine[]) => lines.map(({ sample }) => sample);

/** A metric of all cases together, such as a macro F1, says nothing of one: then the first that does stands for it. */
const metricByCase = (task: Task | undefined, metric: string): string =>
  task?.statistics?.[metric] ? (task.metrics.find((one) => !task.statistics?.[one]) ?? metric) : metric;
