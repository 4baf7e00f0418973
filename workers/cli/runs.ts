import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import type { StageProgress } from '../../schemas/common';
import { MESSAGES, QUEUES, workflowId as defaultId } from '../../schemas/names';
import type { StageDefinition } from '../../schemas/stage';
import { CliError, EXIT } from './exit';
import { checkInput, fieldsMarkdown } from './stages';

/** A run of a stage that this command started, or found going on under the same id. */
export interface StageRunHandle {
  workflowId: string;
  runId: string;
  attached: boolean;
  handle: WorkflowHandle;
}

export interface StartStage {
  stage: StageDefinition;
  /** As a person writes it: defaults are filled in by the workflow, so that the UI's form shows only what was chosen. */
  input: Record<string, unknown>;
  /** Left out: `<stage>-<subject>`, so that one subject has one run at a time. */
  workflowId?: string;
}

/**
 * Starts a stage, or attaches to the run that goes on under its id.
 * @throws CliError (2) where the input is wrong: nothing is started then.
 */
export async function startStage(client: Client, { stage, input, workflowId }: StartStage): Promise<StageRunHandle> {
  const parsed = checkInput(stage, input);
  const id = workflowId ?? defaultId(stage.name, stage.subject(parsed));
  try {
    const handle = await client.workflow.start(stage.name, {
      workflowId: id,
      taskQueue: QUEUES.llm,
      args: [input],
      staticSummary: `${stage.name} · ${stage.subject(parsed)}`,
      staticDetails: fieldsMarkdown(stage),
      // Refused rather than used: only so does the server tell the one from the other.
      workflowIdConflictPolicy: 'FAIL',
    });
    return { workflowId: id, runId: handle.firstExecutionRunId, attached: false, handle };
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const handle = client.workflow.getHandle(id);
    return { workflowId: id, runId: (await handle.describe()).runId, attached: true, handle };
  }
}

// Often enough to look alive, and a query costs the worker a few milliseconds.
const ASK_EVERY_MS = 500;
// Without a worker a query would wait for its own timeout of 10 s.
const ASK_TIMEOUT_MS = 3_000;

/** The words of a wait: what to show, and what ends the wait but not the run. */
export interface Waiting {
  onProgress(progress: StageProgress): void;
  /** Nobody answers the progress query: most likely no worker polls. */
  onSilence(): void;
  signal: AbortSignal;
}

/**
 * Waits for the result of a run, whatever runs it continues as, and tells how it stands meanwhile.
 * @throws CliError (1) where the run did not complete; the signal's reason where that came first.
 */
export async function waitForRun(
  client: Client,
  { handle, workflowId }: StageRunHandle,
  waiting: Waiting,
): Promise<unknown> {
  let over = false;
  const result = handle.result().finally(() => (over = true));
  const detached = new Promise<never>((_, reject) => {
    const detach = () => reject(waiting.signal.reason);
    if (waiting.signal.aborted) detach();
    waiting.signal.addEventListener('abort', detach, { once: true });
  });
  const watch = async (): Promise<void> => {
    while (!over && !waiting.signal.aborted) {
      await client
        .withDeadline(Date.now() + ASK_TIMEOUT_MS, () => handle.query<StageProgress>(MESSAGES.progress))
        .then((progress) => {
          if (!over) waiting.onProgress(progress);
        })
        .catch(() => {
          if (!over) waiting.onSilence();
        });
      await Promise.race([result.catch(() => undefined), new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS))]);
    }
  };
  void watch();
  try {
    return await Promise.race([result, detached]);
  } catch (error) {
    throw error instanceof WorkflowFailedError ? runFailed(workflowId, error) : error;
  } finally {
    over = true;
    // After a detach nobody waits for it any more; its failure is not ours.
    result.catch(() => undefined);
  }
}

/** What a run's failure says, in one message: its code, what happened and the remedy. */
function runFailed(workflowId: string, { cause }: WorkflowFailedError): CliError {
  if (cause instanceof CancelledFailure) return new CliError(EXIT.failed, `${workflowId} was cancelled.`);
  if (cause instanceof TerminatedFailure) return new CliError(EXIT.failed, `${workflowId} was terminated.`);
  if (cause instanceof TimeoutFailure) return new CliError(EXIT.failed, `${workflowId} ran out of time.`);
  const code = cause instanceof ApplicationFailure ? (cause.type ?? 'Failure') : 'Failure';
  // A failure of the pack ends with its own remedy.
  return new CliError(EXIT.failed, `${workflowId} failed with ${code}: ${cause?.message ?? 'no reason given'}`);
}
