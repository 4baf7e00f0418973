import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { MESSAGES } from '../../schemas/names';
import { ownFailure, type Stage } from './child-stage';

/** Set in the memo of a child that is to tell its parent once that it has begun. */
const TELLS_BEGUN = 'llmPackTellsBegun';

/** That a child has begun, and on what, as name@version. */
export interface ChildBegun {
  workflowId: string;
  made: string;
}

/** How a child that lives on has started: it has begun, or came to its end before that. */
export type Started<R> = { runId: string } & ({ made: string } | { result: R });

export const childBegunSignal = defineSignal<[ChildBegun]>(MESSAGES.childBegun);

/** In a child: tells the stage that waits for it to begin. Others are told nothing, and one that is gone is no reason to fail. */
export function tellBegun(made: string): void {
  const { parent, memo, workflowId } = workflowInfo();
  if (!parent || memo?.[TELLS_BEGUN] !== true) return;
  void getExternalWorkflowHandle(parent.workflowId)
    .signal(childBegunSignal, { workflowId, made })
    .catch(() => undefined);
}

/**
 * Starts a stage as a child that outlives this run, and waits until it has begun or is over. A cancellation until then goes to the child as
 * well; from then on the child is a run of its own, which this one neither pauses nor ends.
 *
 * That it has begun the child says itself, by a signal: it is an event of both histories and comes once, at once and after what it is about,
 * where an activity that looks into the registry again and again would cost a slot and could miss what was there for a moment only.
 * @throws the child's own failure, with its code and its message; `WorkflowExecutionAlreadyStartedError` where a run has that id.
 */
export async function startLastingChild<R>(child: {
  stage: string;
  workflowId: string;
  input: unknown;
}): Promise<Started<R>> {
  const { stage, workflowId, input } = child;
  let begun: ChildBegun | null = null;
  setHandler(childBegunSignal, (told) => {
    if (told.workflowId === workflowId) begun = told;
  });
  // Started where no cancellation reaches it: the SDK would pass on one that comes after the child has begun, too.
  const handle = await CancellationScope.nonCancellable(() =>
    startChild<Stage>(stage, {
      ...{ workflowId, args: [input], memo: { [TELLS_BEGUN]: true } },
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: `${stage} · started by ${workflowInfo().workflowId}`,
    }),
  );
  const runId = handle.firstExecutionRunId;
  let isOver = false;
  const over = () => (isOver = true);
  const result = handle.result() as Promise<R>;
  result.then(over, over);
  const hasBegun = (): ChildBegun | null => begun;
  try {
    await condition(() => isOver || hasBegun() !== null);
  } catch (error) {
    if (hasBegun() === null && !isOver) {
      await CancellationScope.nonCancellable(async () => {
        // Its end is what is waited for: one that has just come to it can not be cancelled any more.
        void getExternalWorkflowHandle(workflowId, runId)
          .cancel()
          .catch(() => undefined);
        await condition(() => isOver);
      });
    }
    throw error;
  }
  const made = hasBegun()?.made;
  if (made !== undefined) return { runId, made };
  try {
    return { runId, result: await result };
  } catch (error) {
    throw ownFailure(stage, error);
  }
}
