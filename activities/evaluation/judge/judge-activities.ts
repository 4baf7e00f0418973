import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import type { EvaluationLimits, SampleCounts, TaskInput } from '../../../schemas/evaluate-model';
import { nameOfTask } from '../../../schemas/evaluate-model';
import { failure } from '../../errors';
import type { ActivityDependencies } from '../../index';
import { doUnit, unitKey } from '../../kit/unit';
import { canonicalJson } from '../../kit/canonical-json';
import type { Sample } from '../interfaces';
import type { ScoredLine } from '../measure';
import { CASES_A_UNIT, type OpenPlan, type PlannedCase, SAMPLES_FILE } from '../plan';
import { askQuestions, countSamples } from '../samples';
import { openSubject, type SubjectParts } from '../subjects';
import { type AnsweredPair, JUDGED_FILE, type JudgedLine, judgedLine, questionsOf } from './judge-pairs';

export interface JudgeAnswersInput {
  workKey: string;
  unit: number;
  plan: ArtifactRef;
  limits: EvaluationLimits;
}

type PairwiseTask = Extract<TaskInput, { type: 'pairwise' }>;

/** Asks judges: on the pool of endpoints. */
export function createJudgeActivities(
  { store, registry }: Pick<ActivityDependencies, 'store' | 'registry'>,
  parts: SubjectParts,
  plans: (ref: ArtifactRef) => Promise<OpenPlan>,
) {
  const samplesOf = async (workKey: string, phase: string, unit: number): Promise<Sample[]> => {
    const file = await readFile(await store.localFile(unitKey({ workKey, phase, unit }), SAMPLES_FILE), 'utf8');
    const lines = file.split('\n').filter((line) => line !== '');
    return lines.map((line) => (JSON.parse(line) as ScoredLine).sample);
  };
  return {
    /** Shows the judges of a unit's tasks both answers to each case, in both orders. */
    judgeAnswers: ({ workKey, unit, plan: ref, limits }: JudgeAnswersInput): Promise<SampleCounts> =>
      doUnit(store, { workKey, phase: 'judge', unit }, async ({ dir, signal, report }) => {
        const plan = await plans(ref);
        const [candidate, reference] = [
          await samplesOf(workKey, 'candidate', unit),
          await samplesOf(workKey, 'reference', unit),
        ];
        const judged: JudgedLine[] = [];
        const all: Sample[] = [];
        for (const task of plan.tasks.filter((one): one is PairwiseTask => one.type === 'pairwise')) {
          const pinned = plan.judges?.[nameOfTask(task)];
          if (!pinned) throw failure('InvariantBroken', `The plan names no judge of "${nameOfTask(task)}".`);
          const subject = await openSubject(pinned, parts);
          const pairs = pairsOf(plan, unit, nameOfTask(task), candidate, reference);
          const open: AnsweredPair[] = [];
          const questions = pairs.flatMap((pair) => {
            const asks = questionsOf(task, pair, pinned.identity);
            if (Array.isArray(asks)) open.push(pair);
            else judged.push(asks);
            return Array.isArray(asks) ? asks : [];
          });
          const options = { samples: registry.samples, subject, paid: pinned.paid, workKey, limits, signal, report };
          const asked = await askQuestions(questions, options);
          judged.push(...open.map((pair, nth) => judgedLine(pair, asked.slice(2 * nth, 2 * nth + 2))));
          all.push(...asked);
        }
        judged.sort((a, b) => a.at - b.at);
        await writeFile(path.join(dir, JUDGED_FILE), judged.map((line) => `${JSON.stringify(line)}\n`).join(''));
        return countSamples(all);
      }),
  };
}

/** The answered cases of a task in a unit. */
function pairsOf(
  { cases }: OpenPlan,
  unit: number,
  task: string,
  candidate: readonly Sample[],
  reference: readonly Sample[],
): AnsweredPair[] {
  const from = unit * CASES_A_UNIT;
  const own = cases.slice(from, from + CASES_A_UNIT);
  // A judge is shown right answers, too, so not all that asks the same makes the same pair.
  const nameOf = ({ case: { task: of, input, messages, passages, answers } }: PlannedCase) =>
    canonicalJson({ of, input, messages, passages, answers });
  const seen = new Set(own.some(({ repeats }) => repeats) ? cases.slice(0, from).map(nameOf) : []);
  return own.flatMap((planned, nth): AnsweredPair[] => {
    const [one, other] = [candidate[nth], reference[nth]];
    if (planned.case.task !== task || !one || !other) return [];
    const repeats = planned.repeats && seen.has(nameOf(planned));
    seen.add(nameOf(planned));
    return [{ at: from + nth, case: planned.case, candidate: one, reference: other, repeats }];
  });
}
