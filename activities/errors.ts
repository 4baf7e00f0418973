import { createRequire } from 'node:module';
import type * as Common from '@temporalio/common';
import type { ApplicationFailure } from '@temporalio/common';
import { ERRORS, errorMessage, type ErrorCode } from '../schemas/errors';

// When something has failed: a thread would load Temporal's packages for longer than many a unit takes.
const common = () => createRequire(__filename)('@temporalio/common') as typeof Common;

/**
 * A failure of the pack: its code is the failure's type, its message says what happened and what to do, and whether
 * it is retried follows from the code. Never put a credential into `what`.
 *
 * @param retryAfter seconds until the next attempt, where the part that failed has said so.
 * @param details for whoever catches it: plain data.
 */
export function failure(
  code: ErrorCode,
  what: string,
  cause?: unknown,
  retryAfter?: number,
  details?: object,
): ApplicationFailure {
  return common().ApplicationFailure.create({
    type: code,
    message: errorMessage(code, what),
    nonRetryable: !ERRORS[code].retry,
    ...(cause instanceof Error ? { cause } : {}),
    ...(retryAfter === undefined ? {} : { nextRetryDelay: retryAfter * 1000 }),
    ...(details === undefined ? {} : { details: [details] }),
  });
}

/** True for a failure of the pack with that code, on either side of the wire. */
export const isFailure = (error: unknown, code: ErrorCode): boolean =>
  error instanceof common().ApplicationFailure && error.type === code;
