import { setTimeout as after } from 'node:timers/promises';
import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { QUEUES } from '../../../schemas/names';
import type { ActivityEvent } from '../../support/worker-process';
import type { Trainer } from './inputs';

/** A run that is not over by then is stuck: it has had minutes since the last fault that it met. PyTorch is imported for a minute on a busy machine. */
const PATIENCE_MS = { stub: 300_000, real: 1_200_000 };
const ASK_AGAIN_MS = 500;

/** Tries until it works, as a user does whose server is away. @throws the last error after `ms` */
export async function untilOk<T>(work: () => Promise<T>, ms: number, isFinal = (_error: unknown) => false): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (isFinal(error) || Date.now() > deadline) throw error;
      await after(ASK_AGAIN_MS);
    }
  }
}

/** A run of a stage, and how far it has come. */
export class ActiveRun {
  begun = 0;
  ended = 0;
  /** The last optimiser step that its ranks have told of. */
  step = 0;
  over = false;
  private readonly waiting = new Set<() => void>();

  constructor(
    readonly stage: string,
    readonly round: number,
    readonly workflowId: string,
  ) {}

  /** Whether it is this run's, or that of a run which it has started. */
  owns(workflowId: string): boolean {
    return (
      workflowId === this.workflowId || [':', '-', '/'].some((after) => workflowId.startsWith(this.workflowId + after))
    );
  }

  take(event: ActivityEvent): void {
    if (event.what === 'begin') this.begun += 1;
    else this.ended += 1;
    this.tell();
  }

  reach(step: number): void {
    this.step = step;
    this.tell();
  }

  end(): void {
    this.over = true;
    this.tell();
  }

  /** Waits until so it is, or the run is over. @returns whether it is */
  async until(is: () => boolean): Promise<boolean> {
    while (!is() && !this.over) await new Promise<void>((resolve) => this.waiting.add(resolve));
    return is();
  }

  private tell(): void {
    const waiting = [...this.waiting];
    this.waiting.clear();
    waiting.forEach((resolve) => resolve());
  }
}

/** How a run came to its end. */
export interface Ending {
  outcome: string;
  output?: unknown;
}

/** Starts a run of a stage and waits for its end, whatever is killed meanwhile. */
export async function toItsEnd(client: Client, run: ActiveRun, input: object, trainer: Trainer): Promise<Ending> {
  const patience = PATIENCE_MS[trainer];
  const start = () =>
    client.workflow.start(run.stage, {
      ...{ taskQueue: QUEUES.llm, workflowId: run.workflowId, args: [input] },
      workflowIdConflictPolicy: 'USE_EXISTING',
    });
  const handle = await untilOk(start, patience, (error) => isOver(error));
  const isEnded = (error: unknown) => error instanceof WorkflowFailedError;
  const given = new AbortController();
  const result = untilOk(() => handle.result(), patience, isEnded);
  const stuck = after(patience, 'stuck' as const, { signal: given.signal }).catch(() => 'stuck' as const);
  try {
    const first = await Promise.race([result.then((output: unknown) => ({ output })), stuck]);
    if (first === 'stuck') return { outcome: `stuck: ${await whyStuck(handle)}` };
    const { outcome } = (first.output ?? {}) as { outcome?: string };
    return { outcome: outcome ?? 'ended', output: first.output };
  } catch (error) {
    return { outcome: `failed: ${reasonOf(error)}` };
  } finally {
    given.abort();
    result.catch(() => undefined);
    run.end();
  }
}

const isOver = (error: unknown): boolean =>
  error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError';

function reasonOf(error: unknown): string {
  const cause = error instanceof WorkflowFailedError ? error.cause : error;
  const type = cause instanceof ApplicationFailure ? `${cause.type} ` : '';
  return `${type}${String((cause as Error | undefined)?.message ?? cause)}`;
}

/** What it waits for: for a person, or for an activity, and what that said last. */
async function whyStuck(handle: WorkflowHandle): Promise<string> {
  const { raw } = await handle.describe();
  const pending = (raw.pendingActivities ?? []).map(
    ({ activityType, attempt, lastFailure }) =>
      `${activityType?.name} (${attempt}: ${lastFailure?.message ?? 'no failure'})`,
  );
  await handle.terminate('stuck');
  return pending.join('; ') || 'no activity is open';
}
