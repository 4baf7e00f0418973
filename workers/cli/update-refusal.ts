import { WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { CliError, EXIT } from './exit';

/** What an update has come to that a run did not take: `gone` where there is no such run, or why it refuses; any other error as it is. */
export function updateRefusal(error: unknown, gone: CliError): unknown {
  if (error instanceof WorkflowNotFoundError) return gone;
  return error instanceof WorkflowUpdateFailedError
    ? new CliError(EXIT.failed, error.cause?.message ?? error.message)
    : error;
}
