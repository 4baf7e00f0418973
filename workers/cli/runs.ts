import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  type Client,
  type WorkflowHandle,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
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
  /** `trouble` says which activity is being tried again, and why; null while all goes well. */
  onProgress(progress: StageProgress, trouble: string | null): void;
  /** Nobody answers the progress query: most likely no worker polls. */
  onSilence(): void;
  signal: AbortSignal;
}

/**
 * Waits for the result of a run, whatever runs it continues as, and tells how it stands meanwhile.
 * @throws CliError (1) where the run did not complete; the signal's reason where that came first.
 */
export async function waitForRun(client: Client, run: StageRunHandle, waiting: Waiting): Promise<unknown> {
  // Ends every call of this wait with it: a call that goes on would meet a closed connection.
  const over = new AbortController();
  const calls = AbortSignal.any([over.signal, waiting.signal]);
  // The client adds a listener for every poll of a long wait and takes none away; they go with the signal.
  setMaxListeners(0, calls);
  const watching = watch(client, run, waiting, calls);
  try {
    return await client.withAbortSignal(calls, () => run.handle.result());
  } catch (error) {
    waiting.signal.throwIfAborted();
    throw error instanceof WorkflowFailedError ? runFailed(run.workflowId, error) : error;
  } finally {
    over.abort();
    await watching;
  }
}

async function watch(client: Client, { handle }: StageRunHandle, waiting: Waiting, calls: AbortSignal): Promise<void> {
  const ask = <T>(call: () => Promise<T>): Promise<T> =>
    client.withAbortSignal(AbortSignal.any([calls, AbortSignal.timeout(ASK_TIMEOUT_MS)]), call);
  while (!calls.aborted) {
    try {
      const progress = await ask(() => handle.query<StageProgress>(MESSAGES.progress));
      const trouble = await ask(async () => retries((await handle.describe()).raw.pendingActivities ?? []));
      if (!calls.aborted) waiting.onProgress(progress, trouble);
    } catch {
      if (!calls.aborted) waiting.onSilence();
    }
    await sleep(ASK_EVERY_MS, undefined, { signal: calls }).catch(() => undefined);
  }
}

// One failure may be a worker that was restarted; the second says that something is wrong.
const TROUBLE_AT_ATTEMPT = 3;

/** The activity that was tried most often without success, and what it failed of. */
function retries(pending: readonly temporal.api.workflow.v1.IPendingActivityInfo[]): string | null {
  const [worst] = [...pending].sort((a, b) => (b.attempt ?? 0) - (a.attempt ?? 0));
  if (!worst || (worst.attempt ?? 0) < TROUBLE_AT_ATTEMPT) return null;
  const [why = 'no reason given'] = worst.lastFailure?.message?.split('\n') ?? [];
  return `${worst.activityType?.name ?? 'an activity'} fails, attempt ${worst.attempt}: ${why}`;
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
