import { type ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import { errorMessage, type ErrorCode } from '../../schemas/errors';
import type { TrainingUsage } from '../../schemas/training-run';
import type { FailureClass } from '../../schemas/training';
import type { Account } from './usage';

/** Why nothing more is tried; `details` tell how far it came, and what it has used. */
export function trainingFailed(
  { class: of, why, log }: { class: FailureClass; why: string; log: string },
  last: Account['last'],
  usage: TrainingUsage,
): ApplicationFailure {
  const step = last.at(-1)?.toStep ?? 0;
  const lines = log.trim() === '' ? [] : ['The last lines of its log:', log.trimEnd()];
  const message = [`The training failed at step ${step} (${of}): ${why}.`, ...lines].join('\n');
  return ApplicationFailure.create({
    type: 'TrainingFailed',
    nonRetryable: true,
    message: errorMessage('TrainingFailed', message),
    details: [{ class: of, step, usage, attempts: last }],
  });
}

export const rejected = (by: string, note: string, why: string): ApplicationFailure =>
  ApplicationFailure.nonRetryable(
    errorMessage('Rejected', `Rejected by ${by}${note ? `: ${note}` : ''}. It was held because ${why}.`),
    'Rejected',
  );

export const isCode = (error: ActivityFailure, code: ErrorCode): boolean =>
  error.cause instanceof ApplicationFailure && error.cause.type === code;
