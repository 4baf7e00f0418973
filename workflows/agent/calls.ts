import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  patched,
  proxyActivities,
  proxyLocalActivities,
  TemporalFailure,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { AgentActivities, CallToolInput } from '../../activities/agent';
import type { ToolTurn } from '../../activities/agent/call-tool';
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

// Less than half of a workflow task: what takes longer is no quick call, and messages wait no longer than this.
const QUICK = '3s';

/**
 * Makes a call of a tool that changes nothing together with the workflow task that asks for it, which costs a tenth of an
 * activity of its own. Null where it did not end well in time: it is made again as one, and finds what was published.
 */
export async function quickCall(summary: string, input: CallToolInput): Promise<ToolTurn | null> {
  const calls = proxyLocalActivities<AgentActivities>({
    summary,
    startToCloseTimeout: QUICK,
    scheduleToCloseTimeout: QUICK,
    retry: { maximumAttempts: 1 },
  });
  try {
    return await calls.callTool(input);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
    // Of a local activity the SDK hands on bare what it threw, and that its time was over inside an ActivityFailure when it
    // happens but bare when it is replayed: whoever tells these two apart can not be replayed.
    if (error instanceof ApplicationFailure && !patched('quick-calls-that-throw')) throw error;
    return null;
  }
}
