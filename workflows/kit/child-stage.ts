import {
  ApplicationFailure,
  CancellationScope,
  type ChildWorkflowHandle,
  ChildWorkflowFailure,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { StageStatus } from '../../schemas/common';
import { errorMessage } from '../../schemas/errors';
import { MESSAGES } from '../../schemas/names';
import type { Controls, Decision } from './controls';
import type { StageRun } from './stage';
import { unless } from './unless';

/** Set in the memo of a child that is to tell its parent how it stands, and to do what that says. */
const TELLS_PARENT = 'llmPackTellsParent';

/** How a child stands. */
export interface ChildStatus {
  workflowId: string;
  status: StageStatus;
  hold: string | null;
}

export type Stage = (input: unknown) => Promise<unknown>;

export const childStatusSignal = defineSignal<[ChildStatus]>(MESSAGES.childStatus);
const pauseSignal = defineSignal(MESSAGES.pause);
const resumeSignal = defineSignal(MESSAGES.resume);
const decisionSignal = defineSignal<[Decision]>(MESSAGES.decision);

/** Whether this run was started by `runChild`. */
const tellsParent = (): boolean => workflowInfo().memo?.[TELLS_PARENT] === true && workflowInfo().parent !== undefined;

/** In a child: does what its parent says. Others are left as they are. */
export function obeyParent(controls: Controls): void {
  if (!tellsParent()) return;
  setHandler(pauseSignal, () => void (controls.paused || controls.setPaused(true)));
  setHandler(resumeSignal, () => void (controls.paused && controls.setPaused(false)));
  setHandler(decisionSignal, (decision) => controls.decideAs(decision));
}

/** What a parent has to know of; the end of a child it learns from the server. */
const TOLD: readonly StageStatus[] = ['running', 'paused', 'holding'];

/** In a child: tells its parent how it stands. A parent that is gone is no reason to fail. */
export function tellParent(status: StageStatus, hold: string | null): void {
  const { parent, workflowId } = workflowInfo();
  if (!TOLD.includes(status) || !tellsParent() || !parent || CancellationScope.current().consideredCancelled) return;
  void getExternalWorkflowHandle(parent.workflowId)
    .signal(childStatusSignal, { workflowId, status, hold })
    .catch(() => undefined);
}

/**
 * Runs another stage to its end as a child with an id of its own. A cancellation and a pause pass through; where the child holds, this run
 * holds with its reason, and what a person decides here is decided there. It may be decided there as well.
 * @throws the child's own failure, with its code and its message.
 */
export async function runChild<R>(
  run: StageRun<unknown>,
  child: { stage: string; workflowId: string; input: unknown },
): Promise<R> {
  let told: ChildStatus = { workflowId: child.workflowId, status: 'running', hold: null };
  setHandler(childStatusSignal, (status) => {
    told = status;
    if (status.status === 'paused') run.board.alert(`${status.workflowId} is paused.`);
    else run.board.alert(null);
  });
  const handle = await startChild<Stage>(child.stage, {
    workflowId: child.workflowId,
    args: [child.input],
    memo: { [TELLS_PARENT]: true },
    staticSummary: `${child.stage} · started by ${workflowInfo().workflowId}`,
  });
  run.controls.onPaused = (paused) => void handle.signal(paused ? pauseSignal : resumeSignal).catch(() => undefined);
  let isOver = false;
  const over = () => (isOver = true);
  const result = handle.result() as Promise<R>;
  result.then(over, over);
  try {
    await followHolds(
      run,
      handle,
      () => told,
      () => isOver,
    );
    return await result;
  } catch (error) {
    // A child that is cancelled has a checkpoint to write, and cleans up, before this run does.
    await CancellationScope.nonCancellable(() => condition(() => isOver));
    throw ownFailure(child.stage, error);
  } finally {
    run.controls.onPaused = () => undefined;
    run.board.alert(null);
  }
}

async function followHolds(
  run: StageRun<unknown>,
  handle: ChildWorkflowHandle<Stage>,
  told: () => ChildStatus,
  isOver: () => boolean,
): Promise<void> {
  for (;;) {
    await condition(() => isOver() || told().status === 'holding');
    if (isOver()) return;
    const isNoLonger = () => isOver() || told().status !== 'holding';
    const decision = await unless(isNoLonger, () => run.decide(`${handle.workflowId} holds: ${told().hold ?? ''}`));
    if (decision === null) continue;
    await handle.signal(decisionSignal, decision);
    await condition(isNoLonger);
  }
}

/** What the child says of its failure, out of the SDK's wrapping. */
export function ownFailure(stage: string, error: unknown): unknown {
  if (!(error instanceof ChildWorkflowFailure)) return error;
  if (isCancellation(error) && CancellationScope.current().consideredCancelled) return error;
  const { cause } = error;
  if (!(cause instanceof ApplicationFailure)) {
    const message = errorMessage('Rejected', `${stage} was ended from outside: ${cause?.message ?? error.message}.`);
    return ApplicationFailure.create({ type: 'Rejected', nonRetryable: true, message, cause: error });
  }
  const { message, type, details } = cause;
  return ApplicationFailure.create({
    ...{ message, nonRetryable: true, cause: error },
    ...(type ? { type } : {}),
    ...(details ? { details } : {}),
  });
}
