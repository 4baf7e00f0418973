import { nameOfTask, type TaskInput } from '../../../schemas/evaluate-model';
import { type EvaluationMetric, scoreProblem } from '../../../schemas/evaluation-metrics';
import { failure } from '../../errors';
import type { Answer, Task } from '../interfaces';
import type { EvaluationCase } from '../../../schemas/evaluation-cases';

export type OwnMetrics = Readonly<Record<string, EvaluationMetric>>;

/**
 * The versions of the project's own metrics that tasks name.
 * @throws `MetricUnknown` for one that is not in the configuration
 */
export function pinMetrics(tasks: readonly TaskInput[], known: OwnMetrics): Record<string, number> {
  const pinned: Record<string, number> = {};
  for (const task of tasks) {
    for (const name of task.metrics) {
      const metric = known[name];
      if (!metric) {
        const names = Object.keys(known);
        const there = names.length > 0 ? `there are ${names.join(', ')}` : 'there is none';
        throw failure('MetricUnknown', `The task "${nameOfTask(task)}" names the metric "${name}"; ${there}.`);
      }
      pinned[name] = metric.version;
    }
  }
  return pinned;
}

/** @throws `MetricDiffers` where this worker has not what a run was planned with */
export function checkMetrics(pinned: Readonly<Record<string, number>>, known: OwnMetrics): void {
  for (const [name, version] of Object.entries(pinned)) {
    const own = known[name]?.version;
    if (own === version) continue;
    const has = own === undefined ? 'none' : `version ${own}`;
    throw failure(
      'MetricDiffers',
      `The run takes version ${version} of the metric "${name}", and this worker has ${has}.`,
    );
  }
}

/** A task that scores by the project's own metrics, too. */
export const withOwnMetrics = (task: Task, names: readonly string[], known: OwnMetrics): Task =>
  names.length === 0
    ? task
    : {
        ...task,
        metrics: [...task.metrics, ...names],
        score: async (one, answer) => ({ ...(await task.score(one, answer)), ...ownScores(names, known, one, answer) }),
      };

/** @throws `MetricBroken` where a metric throws, or gives what is no score */
function ownScores(
  names: readonly string[],
  known: OwnMetrics,
  one: EvaluationCase,
  { text, ranked }: Answer,
): Record<string, number> {
  const scores: Record<string, number> = {};
  for (const name of names) {
    const broken = (what: string) =>
      failure('MetricBroken', `The metric "${name}" ${what} for the case "${one.id}" of the task "${one.task}".`);
    let score: unknown;
    try {
      score = known[name]?.score(one, { text, ...(ranked ? { ranked } : {}) });
    } catch (error) {
      throw broken(`throws (${error instanceof Error ? error.message : String(error)})`);
    }
    const problem = scoreProblem(score);
    if (problem !== null) throw broken(problem);
    if (typeof score === 'number') scores[name] = score;
  }
  return scores;
}
