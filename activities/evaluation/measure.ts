import { type EvaluateModelOutput, type Gate, nameOfTask, type TaskVerdict } from '../../schemas/evaluate-model';
import { COMPUTED_SLICES } from '../../schemas/evaluation-cases';
import type { Contamination } from '../../schemas/evaluation-contamination';
import type { JudgeSummary } from '../../schemas/evaluation-judge';
import { tellContamination } from './contamination/settle';
import type { ScoredSample, Task } from './interfaces';
import type { JudgedLine } from './judge/judge-pairs';
import { summarise } from './judge/summary';
import type { EvaluationPlan, PlannedCase } from './plan';
import type { Estimate } from './statistics/bootstrap';
import { intervalOf, resampleMean, type Resampled, resampleStatistic } from './statistics/resample';
import { type Compared, decide, type Rule, type Verdict } from './statistics/verdict';

/** What was measured, in a folder of results. */
export const METRICS_FILE = 'metrics.json';

/** An answer with its scores, as units leave it; a question without an answer has none. */
export type ScoredLine = Omit<ScoredSample, 'case'>;

/** Samples of a run, each list in the order of the cases. */
export interface Measurable {
  plan: Pick<EvaluationPlan, 'tasks' | 'judges' | 'contamination'>;
  /** By name. */
  tasks: ReadonlyMap<string, Task>;
  cases: readonly PlannedCase[];
  candidate: readonly ScoredLine[];
  reference: readonly ScoredLine[] | null;
  /** What judges have made of pairs of answers; their scores stand with the samples. */
  judgements?: readonly JudgedLine[];
  seed: number;
  /** Share of failed questions above which nothing is promoted. */
  failures: number;
}

/** All that was measured: the verdict, and each metric of each task with its intervals. */
export interface Measured {
  verdict: EvaluateModelOutput['verdict'];
  reasons: string[];
  /** What was found of the cases in training texts. */
  contamination?: Contamination;
  /** Of each task with a judge. */
  judges?: JudgeSummary[];
  tasks: (TaskVerdict & { metrics: MeasuredMetric[] })[];
}

export interface MeasuredMetric {
  metric: string;
  cases: number;
  candidate: Estimate;
  reference: Estimate | null;
  /** Of the candidate over its reference, on the same cases. */
  gain: Estimate | null;
}

/** Measures all tasks, and says whether the candidate may take the place of its reference. */
export function measure(run: Measurable): Measured {
  const judged = run.plan.tasks.map((input) => judgeTask(run, nameOfTask(input), input.gate));
  const verdicts = correctedVerdicts(judged);
  const tasks = judged.map(({ told, metrics }, at) => {
    const verdict = verdicts[at];
    return verdict
      ? { ...told, metrics, verdict: verdict.verdict, reasons: verdict.reasons }
      : { ...told, metrics, verdict: null, reasons: [] };
  });
  const judges = Object.entries(run.plan.judges ?? {}).map(([task, { name }]) => {
    const own = run.judgements?.filter((one) => one.task === task) ?? [];
    return summarise(task, name, own);
  });
  const { verdict, reasons } = together(tasks, [
    ...lacks(run),
    ...judges.flatMap((one) => lacksOfJudge(one, run.failures)),
  ]);
  const { contamination } = run.plan;
  // Not what decided, but what whoever reads the verdict has to know.
  const known = contamination ? tellContamination(contamination) : null;
  const biased = judges.flatMap(({ task, warning }) => (warning === null ? [] : [`${task}: ${warning}`]));
  return {
    ...{ verdict, reasons: [...reasons, ...(known === null ? [] : [known]), ...biased] },
    ...(contamination ? { contamination } : {}),
    ...(judges.length > 0 ? { judges } : {}),
    tasks,
  };
}

const NONE: Estimate = { mean: 0, low: 0, high: 0 };

/** Where all cases of a task were left out, or none of them was asked: nothing is shown by that. */
const NO_CASES: Verdict = {
  verdict: 'hold',
  reasons: ['no case is left to judge by'],
  overall: { name: 'all cases', cases: 0, gain: NONE, outcome: 'few', says: 'no case is left to judge by' },
  slices: [],
};

interface JudgedTask {
  told: Omit<TaskVerdict, 'verdict' | 'reasons'>;
  metrics: MeasuredMetric[];
  /** At a level of significance; null where there is nothing to be held against. */
  decideAt: ((alpha: number) => Verdict) | null;
  alpha: number;
}

/** Both sides of a case, of which neither was left out. */
interface Pair {
  slices: Record<string, string>;
  candidate: ScoredSample;
  reference: ScoredSample | null;
}

function judgeTask(run: Measurable, name: string, gate: Gate): JudgedTask {
  const task = run.tasks.get(name);
  const pairs = pairsOf(run, name);
  const metricNames = task?.metrics ?? [];
  const metric = gate.metric ?? metricNames[0] ?? '';
  const look = (of: string, among: readonly Pair[]) => measureMetric(task, of, among, run.seed);
  const metrics = metricNames.flatMap((of): MeasuredMetric[] => {
    const seen = look(of, pairs);
    if (!seen) return [];
    const isPaired = run.reference !== null;
    return [
      {
        metric: of,
        cases: seen.cases,
        candidate: estimateOf(seen.candidate()),
        reference: isPaired ? estimateOf(seen.reference()) : null,
        gain: isPaired ? estimateOf(seen.gain(null)) : null,
      },
    ];
  });
  const shown = metrics.find((one) => one.metric === metric);
  const constant = run.reference === null ? (gate.atLeast ?? null) : null;
  const compared = (of: string, among: readonly Pair[]): Compared[] => {
    const seen = look(metric, among);
    return seen ? [{ name: of, cases: seen.cases, gain: seen.gain(constant) }] : [];
  };
  const [overall] = compared('all cases', pairs);
  const isWanted = run.reference !== null || constant !== null;
  const isGated = overall !== undefined && isWanted;
  const slices = isGated ? slicesOf(pairs, gate.slices).flatMap(([of, among]) => compared(of, among)) : [];
  const rule: Rule = {
    ...{ margin: gate.margin, require: gate.require, minimumCases: gate.minimumCases, fewCases: gate.fewCases },
  };
  const decideAt = isGated
    ? (alpha: number) => decide(overall, slices, { ...rule, alpha })
    : isWanted
      ? () => NO_CASES
      : null;
  const found = decideAt?.(gate.alpha);
  return {
    told: {
      task: name,
      metric,
      candidate: shown?.candidate ?? NONE,
      reference: shown?.reference ?? null,
      overall: found?.overall ?? null,
      slices: found?.slices ?? [],
    },
    metrics,
    decideAt,
    alpha: gate.alpha,
  };
}

function pairsOf({ cases, candidate, reference }: Measurable, name: string): Pair[] {
  return cases.flatMap(({ case: one }, at) => {
    const [own, other] = [candidate[at], reference?.[at]];
    if (one.task !== name || !own || own.sample.state === 'unasked' || other?.sample.state === 'unasked') return [];
    return [
      { slices: one.slices, candidate: { case: one, ...own }, reference: other ? { case: one, ...other } : null },
    ];
  });
}

/** One metric of some cases: of each side, and of one over the other. A question that failed scores 0. */
function measureMetric(task: Task | undefined, metric: string, among: readonly Pair[], seed: number) {
  const statistic = task?.statistics?.[metric];
  const isFailed = ({ sample }: ScoredSample) => sample.state === 'failed';
  // A metric may not be of every case, such as how well an answer is supported where there are no passages.
  const pairs = among.filter(({ candidate, reference }) => {
    const sides = reference ? [candidate, reference] : [candidate];
    return statistic !== undefined || sides.some(({ scores }) => metric in scores) || sides.every(isFailed);
  });
  if (pairs.length === 0) return null;
  const resampled = (values: (pair: Pair) => number, whole: (places: Uint32Array) => number): Resampled =>
    statistic ? resampleStatistic(pairs.length, whole, { seed }) : resampleMean(pairs.map(values), { seed });
  const valueOf = (side: ScoredSample | null) => side?.scores[metric] ?? 0;
  const at = (place: number) => pairs[place] as Pair;
  const wholeOf = (places: Uint32Array, side: 'candidate' | 'reference') =>
    statistic?.([...places].flatMap((place) => at(place)[side] ?? [])) ?? 0;
  return {
    cases: pairs.length,
    candidate: () =>
      resampled(
        ({ candidate }) => valueOf(candidate),
        (places) => wholeOf(places, 'candidate'),
      ),
    reference: () =>
      resampled(
        ({ reference }) => valueOf(reference),
        (places) => wholeOf(places, 'reference'),
      ),
    /** @param constant what the candidate is held against where there is no reference */
    gain: (constant: number | null) =>
      resampled(
        ({ candidate, reference }) => valueOf(candidate) - (constant ?? valueOf(reference)),
        (places) => wholeOf(places, 'candidate') - (constant ?? wholeOf(places, 'reference')),
      ),
  };
}

const estimateOf = (resampled: Resampled): Estimate => ({ mean: resampled.observed, ...intervalOf(resampled) });

/** Cases by what they are called, slice by slice: those that are named, or all but the computed ones. */
function slicesOf(pairs: readonly Pair[], named: readonly string[] | undefined): [string, Pair[]][] {
  const all = new Set(pairs.flatMap(({ slices }) => Object.keys(slices)));
  const computed: readonly string[] = COMPUTED_SLICES;
  const looked = named ?? [...all].filter((slice) => !computed.includes(slice));
  const groups = new Map<string, Pair[]>();
  for (const slice of looked.toSorted()) {
    for (const pair of pairs) {
      const value = pair.slices[slice];
      if (value === undefined) continue;
      const name = `${slice} ${value}`;
      const group = groups.get(name) ?? [];
      group.push(pair);
      groups.set(name, group);
    }
  }
  return [...groups];
}

/**
 * Verdicts of the tasks. Of many tasks some look bad by chance: to reject one is held to Holm's levels, alpha / k for the worst of
 * k, alpha / (k - 1) for the next, and so on; a task that is rejected only without this is not sure. To promote takes all of them.
 */
function correctedVerdicts(judged: readonly JudgedTask[]): (Verdict | null)[] {
  const gated = judged.filter(({ decideAt }) => decideAt !== null);
  const rejectedAt = (left: number) =>
    gated.filter(({ decideAt, alpha }) => decideAt?.(alpha / left).verdict === 'reject');
  let rejected: JudgedTask[] = [];
  for (let sure = 0; sure < gated.length; sure = rejected.length) {
    const more = rejectedAt(gated.length - sure);
    if (more.length <= sure) break;
    rejected = more;
  }
  return judged.map((task) => {
    const verdict = task.decideAt?.(task.alpha) ?? null;
    if (verdict?.verdict !== 'reject' || rejected.includes(task)) return verdict;
    const reasons = verdict.reasons.map((reason) => `${reason}; not sure for one of ${gated.length} tasks`);
    return { ...verdict, verdict: 'hold', reasons };
  });
}

/** Why nothing is to be promoted, whatever was measured. */
function lacks({ candidate, reference, failures }: Measurable): string[] {
  const sides = [
    { name: 'the candidate', lines: candidate },
    { name: 'the reference', lines: reference ?? [] },
  ];
  return sides.flatMap(({ name, lines }) => {
    const count = (state: string) => lines.filter(({ sample }) => sample.state === state).length;
    const [failed, unasked] = [count('failed'), count('unasked')];
    return [
      ...(failed > failures * lines.length
        ? [`${name} has failed to answer ${failed} of ${lines.length} questions`]
        : []),
      ...(unasked > 0 ? [`${unasked} questions were not put to ${name}, for a limit was reached`] : []),
    ];
  });
}

/** As `lacks`, of pairs that a judge was to compare. */
function lacksOfJudge({ task, judge, pairs, unjudged }: JudgeSummary, failures: number): string[] {
  return unjudged > failures * pairs
    ? [`the judge ${judge} of the task ${task} has compared ${pairs - unjudged} of ${pairs} pairs`]
    : [];
}

/** One verdict of all: promote where each task does, reject where one does. */
function together(
  tasks: readonly Pick<TaskVerdict, 'task' | 'verdict' | 'reasons'>[],
  lacking: readonly string[],
): Pick<Measured, 'verdict' | 'reasons'> {
  const gated = tasks.filter(({ verdict }) => verdict !== null);
  const reasonsOf = (word: string) =>
    gated
      .filter(({ verdict }) => verdict === word)
      .flatMap(({ task, reasons }) => reasons.map((reason) => (gated.length > 1 ? `${task}, ${reason}` : reason)));
  if (gated.length === 0) return { verdict: null, reasons: [...lacking] };
  const has = (word: string) => gated.some(({ verdict }) => verdict === word);
  if (has('reject')) return { verdict: 'reject', reasons: [...reasonsOf('reject'), ...lacking] };
  if (has('hold') || lacking.length > 0) return { verdict: 'hold', reasons: [...lacking, ...reasonsOf('hold')] };
  return { verdict: 'promote', reasons: reasonsOf('promote') };
}
