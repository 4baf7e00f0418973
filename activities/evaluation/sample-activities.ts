import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../schemas/common';
import type { EvaluationLimits, SampleCounts } from '../../schemas/evaluate-model';
import { failure } from '../errors';
import type { ActivityDependencies } from '../index';
import { doUnit } from '../kit/unit';
import type { ScoredLine } from './measure';
import { createJudgeActivities } from './judge/judge-activities';
import { CASES_A_UNIT, planReader, type Role, sampleKey, SAMPLES_FILE, taskOf } from './plan';
import { askQuestions, countSamples } from './samples';
import { openSubject, type SubjectParts } from './subjects';
import { Collections } from './subjects/model-subject';
import { openTasks, type TaskParts } from './tasks';
import { checkMetrics } from './tasks/own-metrics';

export interface AskSubjectInput {
  workKey: string;
  unit: number;
  plan: ArtifactRef;
  role: Role;
  limits: EvaluationLimits;
}

/** Asks subjects: on the pool that has what the subject runs on. */
export function createSampleActivities(
  given: Pick<
    ActivityDependencies,
    'store' | 'registry' | 'agent' | 'search' | 'encoder' | 'distillation' | 'evaluation'
  >,
) {
  const { store, registry, agent } = given;
  const dependencies: SubjectParts = { ...given, collections: new Collections() };
  const plans = planReader(store);
  const { metrics: known } = given.evaluation;
  const parts: TaskParts = { ground: (answer, passages) => agent.ground(answer, passages, 'mark'), metrics: known };
  return {
    ...createJudgeActivities(given, dependencies, plans),

    /** Puts the cases of a unit to a subject, and scores its answers. */
    askSubject: ({ workKey, unit, plan: ref, role, limits }: AskSubjectInput): Promise<SampleCounts> =>
      doUnit(store, { workKey, phase: role, unit }, async ({ dir, signal, report }) => {
        const { cases, tasks, labels, subjects, metrics = {} } = await plans(ref);
        checkMetrics(metrics, known);
        const pinned = subjects[role];
        if (!pinned) throw failure('InvariantBroken', `The plan names no ${role}.`);
        const subject = await openSubject(pinned, dependencies);
        const opened = openTasks(tasks, parts, labels);
        const own = cases.slice(unit * CASES_A_UNIT, (unit + 1) * CASES_A_UNIT);
        const questions = own.map(({ case: one, repeats }) => {
          const task = taskOf(opened, one);
          const ask = task.ask(one);
          const key = sampleKey(subject.identity ?? pinned.identity, ask, task.version);
          return { case: one.id, task: one.task, key, ask, repeats };
        });
        const { paid } = pinned;
        const options = { samples: registry.samples, subject, paid, workKey, limits, signal, report };
        const samples = await askQuestions(questions, options);
        const lines: string[] = [];
        for (const [at, sample] of samples.entries()) {
          const one = own[at]?.case;
          const scores = one && sample.answer ? await taskOf(opened, one).score(one, sample.answer) : {};
          lines.push(`${JSON.stringify({ sample, scores } satisfies ScoredLine)}\n`);
        }
        await writeFile(path.join(dir, SAMPLES_FILE), lines.join(''));
        return countSamples(samples);
      }),
  };
}
