import type { TaskInput } from '../../../schemas/evaluate-model';
import type { EvaluationCase } from '../../../schemas/evaluation-cases';
import type { ScoredLine } from '../measure';
import type { Sample } from '../interfaces';
import { sampleKey } from '../plan';
import type { Question } from '../samples';
import { type Judged, outcomeOf } from './pairwise';
import { JUDGE_VERSION, judgeAsk, preferenceIn } from './prompt';

/** Judgements of a unit, in the order of its cases. */
export const JUDGED_FILE = 'judged.jsonl';

/** What became of a pair: `same` and `unanswered` take no judge, `unjudged` got none. */
export type PairState = 'judged' | 'same' | 'unanswered' | 'unjudged';

/** A pair of answers with what was made of it. */
export interface JudgedLine {
  /** Its place among the cases of the plan. */
  at: number;
  task: string;
  state: PairState;
  /** null where there is no judgement. */
  judged: Judged | null;
  /** Answers of the judge from which no preference could be read; each counts as a tie. */
  unreadable: number;
  /** What the judge was asked, in both orders: the candidate first, then second. */
  asked: Sample[];
}

/** Both answers to a case. */
export interface AnsweredPair {
  at: number;
  case: EvaluationCase;
  candidate: Sample;
  reference: Sample;
  /** An earlier case of the plan is the same. */
  repeats: boolean;
}

/** The two questions of a pair, or what it is without them. */
export function questionsOf(
  task: Extract<TaskInput, { type: 'pairwise' }>,
  { at, case: one, candidate, reference, repeats }: AnsweredPair,
  identity: string,
): Question[] | JudgedLine {
  const line = (state: PairState, outcome: Judged['outcome'] | null): JudgedLine => ({
    ...{ at, task: one.task, state, unreadable: 0, asked: [] },
    judged: outcome && { id: one.id, candidateFirst: 'tie', candidateSecond: 'tie', outcome },
  });
  if (candidate.state === 'unasked' || reference.state === 'unasked') return line('unjudged', null);
  const [own, other] = [candidate.answer?.text, reference.answer?.text];
  if (own === undefined || other === undefined) {
    return line('unanswered', own !== undefined ? 'win' : other !== undefined ? 'loss' : 'tie');
  }
  if (own === other) return line('same', 'tie');
  return [
    { first: own, second: other },
    { first: other, second: own },
  ].map((shown) => {
    const ask = judgeAsk(task, one, shown);
    return { case: one.id, task: one.task, key: sampleKey(identity, ask, JUDGE_VERSION), ask, repeats };
  });
}

/** What two answers of the judge make of a pair. One that it did not answer is no judgement. */
export function judgedLine({ at, case: one }: AnsweredPair, asked: Sample[]): JudgedLine {
  const told = asked.map(({ answer }) => (answer ? (preferenceIn(answer.text) ?? 'unreadable') : null));
  const [first = null, second = null] = told;
  const unreadable = told.filter((says) => says === 'unreadable').length;
  const line = { at, task: one.task, unreadable, asked };
  if (first === null || second === null) return { ...line, state: 'unjudged', judged: null };
  const [candidateFirst, candidateSecond] = [readable(first), readable(second)] as const;
  const outcome = outcomeOf(candidateFirst, candidateSecond);
  return { ...line, state: 'judged', judged: { id: one.id, candidateFirst, candidateSecond, outcome } };
}

const readable = (says: 'first' | 'second' | 'tie' | 'unreadable') => (says === 'unreadable' ? 'tie' : says);

const WORTH: Readonly<Record<Judged['outcome'], number>> = { win: 1, tie: 0.5, loss: 0 };

/** Enters judgements as scores of both sides: what one wins the other loses. A pair without one has no score. */
export function scoreJudgements(
  judgements: readonly JudgedLine[],
  metric: string,
  { candidate, reference }: { candidate: ScoredLine[]; reference: ScoredLine[] | null },
): void {
  for (const { at, judged } of judgements) {
    const [own, other] = [candidate[at], reference?.[at]];
    if (!judged || !own || !other) continue;
    own.scores[metric] = WORTH[judged.outcome];
    other.scores[metric] = 1 - WORTH[judged.outcome];
  }
}
