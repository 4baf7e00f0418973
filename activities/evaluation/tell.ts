import type { EvaluateModelOutput, TaskVerdict } from '../../schemas/evaluate-model';
import type { Measured } from './measure';
import type { Finding } from './statistics/verdict';

/** Verdicts as the history of a run has room for them; all that was measured is in the store. */
export type ToldVerdict = Required<Pick<EvaluateModelOutput, 'verdict' | 'reasons' | 'tasks'>> &
  Pick<EvaluateModelOutput, 'judges'>;

/** Of the 64 KB that a payload may have, with room for all else that an output says. */
const MOST_BYTES = 40_000;
/** Reasons, and slices of a task: more than a person reads of a run's details. */
const MOST_TOLD = 20;

/**
 * Cuts what was measured to what a history has room for: as many of the slices with the largest losses, and as many reasons, as fit.
 * Names of slices are a user's, in any script, so it is their bytes that count.
 */
export function tell({ verdict, reasons, tasks, judges }: Measured): ToldVerdict {
  for (let most = MOST_TOLD; ; most -= 1) {
    const told = {
      verdict: verdict ?? null,
      reasons: reasons.slice(0, Math.max(1, most)),
      tasks: tasks.map(({ metrics: _metrics, ...task }): TaskVerdict => ({
        ...task,
        reasons: task.reasons.slice(0, Math.max(1, most)),
        slices: worstFindings(task.slices, most),
      })),
      ...(judges ? { judges } : {}),
    };
    if (most === 0 || Buffer.byteLength(JSON.stringify(told)) <= MOST_BYTES) return told;
  }
}

const worstFindings = (findings: readonly Finding[], most: number): Finding[] =>
  findings.toSorted((a, b) => a.gain.mean - b.gain.mean).slice(0, most);
