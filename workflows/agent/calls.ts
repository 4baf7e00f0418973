import { ActivityFailure, proxyActivities, TimeoutFailure } from '@temporalio/workflow';
import type { AgentActivities } from '../../activities/agent';
import { ACTIVITY_OPTIONS } from '../kit/pools';

// A model that thinks for longer than this hangs.
const LONGEST_CALL = '30m';

/**
 * The activities of agents, on the queue of the workflow itself: there a worker that runs both starts one together with the
 * workflow task that asks for it, which halves what a step costs.
 *
 * @param summary what people read on its row in the UI
 * @param within milliseconds that all its attempts may take together; no limit when left out
 */
export const agentCalls = (summary: string, within?: number) =>
  proxyActivities<AgentActivities>({
    ...ACTIVITY_OPTIONS,
    summary,
    startToCloseTimeout: LONGEST_CALL,
    // Zero would mean none: a call that may take no time at all is given the least there is.
    ...(within === undefined ? {} : { scheduleToCloseTimeout: Math.max(1, Math.ceil(within)) }),
  });

/** True where an activity ended because the time that all its attempts were given was over. */
export const ranOutOfTime = (error: unknown): boolean =>
  error instanceof ActivityFailure &&
  error.cause instanceof TimeoutFailure &&
  error.cause.timeoutType === 'SCHEDULE_TO_CLOSE';
