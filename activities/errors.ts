import { createRequire } from 'node:module';
import type * as Common from '@temporalio/common';
import type { ApplicationFailure } from '@temporalio/common';
import { ERRORS, errorMessage, type ErrorCode } from '../schemas/errors';
import { limitText } from './kit/limit-text';

// When something has failed: a thread would load Temporal's packages for longer than many a unit takes.
const common = () => createRequire(__filename)('@temporalio/common') as typeof Common;

/** Characters of what is said, and of a cause and of its stack: others may have had a hand in it, and a server refuses failures of megabytes. */
const MOST_SAID = 10_000;
/** Seconds; who asks for more time is not believed. */
const LONGEST_WAIT = 3_600;

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
    message: errorMessage(code, limitText(what, MOST_SAID)),
    nonRetryable: !ERRORS[code].retry,
    ...(cause instanceof Error ? { cause: limited(cause) } : {}),
    ...(retryAfter !== undefined && retryAfter > 0
      ? { nextRetryDelay: Math.min(retryAfter, LONGEST_WAIT) * 1000 }
      : {}),
    ...(details === undefined ? {} : { details: [details] }),
  });
}

/** The same error; one that says far too much, in short. */
function limited(cause: Error): Error {
  const { name, message, stack = '' } = cause;
  if (message.length <= MOST_SAID && stack.length <= 2 * MOST_SAID) return cause;
  const short = new Error(limitText(message, MOST_SAID));
  return Object.assign(short, { name, stack: limitText(stack, MOST_SAID) });
}

/** True for a failure of the pack with that code, on either side of the wire. */
export const isFailure = (error: unknown, code: ErrorCode): boolean =>
  error instanceof common().ApplicationFailure && error.type === code;
