import { ActivityFailure, TimeoutFailure, type ActivityOptions } from '@temporalio/workflow';
import type { CpuActivities } from '../../activities';
import { hostOf } from '../../schemas/names';
import { cpu } from './pools';
import type { ProgressBoard } from './progress';

/** Long enough for a deploy to bring a host's workers back, and short enough for a person who waits. */
const CLAIM_WITHIN = '2m';

/** Calls activities, on the queue that the run's source needs. */
export type OnHost<A> = <R>(work: (activities: A) => Promise<R>) => Promise<R>;

/** Activities of the cpu pool: on the queue of one host where that alone is sure to see the source, else on any. */
export function onHost(board: ProgressBoard, taskQueue: string | null): OnHost<CpuActivities> {
  if (taskQueue === null) return (work) => work(cpu());
  return claimedOnHost(board, hostOf(taskQueue), CLAIM_WITHIN, (limit) => cpu(taskQueue, limit));
}

/**
 * Calls activities on the queue of one host. Where no worker of it takes any of those in flight up in time, the run's
 * details say so until one ends; the run goes on to wait, for the host may come back. A timeout before the start of an
 * activity is not retried by the server, so it is scheduled anew, once and without a limit: waiting for days makes no
 * history longer.
 */
export function claimedOnHost<A>(
  board: Pick<ProgressBoard, 'alert'>,
  host: string,
  claimWithin: string,
  activitiesWith: (limit: Pick<ActivityOptions, 'scheduleToStartTimeout'>) => A,
): OnHost<A> {
  let [inFlight, unclaimed] = [0, 0];
  return async (work) => {
    let isUnclaimed = false;
    inFlight += 1;
    try {
      return await work(activitiesWith({ scheduleToStartTimeout: claimWithin })).catch((error: unknown) => {
        if (!wasUnclaimed(error)) throw error;
        isUnclaimed = true;
        unclaimed += 1;
        // Where some of them are under way, the others only wait for their turn.
        if (unclaimed === inFlight) board.alert(hostIsAway(host));
        return work(activitiesWith({}));
      });
    } finally {
      inFlight -= 1;
      if (isUnclaimed) unclaimed -= 1;
      board.alert(null);
    }
  };
}

const hostIsAway = (host: string): string =>
  `No worker on the host "${host}" takes up work, and it is the one that sees the source. Start one there again ` +
  '(`llm-pack worker --pool cpu`) and the run goes on; or cancel it, and put the source where every host sees it (`s3://…`).';

const wasUnclaimed = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  error.cause instanceof TimeoutFailure &&
  error.cause.timeoutType === 'SCHEDULE_TO_START';
