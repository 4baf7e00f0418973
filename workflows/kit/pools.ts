import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import type { CpuActivities, GpuActivities, LlmActivities } from '../../activities';
import { hostOf, hostWaitQueue, QUEUES, WAIT_QUEUE } from '../../schemas/names';

/**
 * How activities are tried. Failures that can not pass by waiting are non-retryable by their code; everything else is
 * a part that is away, and a run outlives that. There is no limit of attempts: pauses and deploys use them up.
 */
export const ACTIVITY_OPTIONS: ActivityOptions = {
  retry: {
    initialInterval: '1s',
    backoffCoefficient: 2,
    // A part that comes back is noticed within half a minute.
    maximumInterval: '30s',
  },
  // A unit is cut to take seconds or minutes; hours mean that it hangs although it beats.
  startToCloseTimeout: '2h',
  // Beats come every 2 s; 15 s forgives a machine that is overloaded and notices a dead worker soon.
  heartbeatTimeout: '15s',
  // Cleanup must not race with a unit that still writes.
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
};

/** Activities of the cpu pool, on the shared queue or on that of one host, with more options than all have. */
export const cpu = (taskQueue: string = QUEUES.cpu, more: ActivityOptions = {}) =>
  proxyActivities<CpuActivities>({ ...ACTIVITY_OPTIONS, ...more, taskQueue });

/** Activities of the gpu pool. */
export const gpu = () => proxyActivities<GpuActivities>({ ...ACTIVITY_OPTIONS, taskQueue: QUEUES.gpu });

/** Activities that wait for models, on the queue of the workflow itself. */
export const llm = () => proxyActivities<LlmActivities>(ACTIVITY_OPTIONS);

/** The same for near-line work, which goes before the units of long runs where both wait for a slot. */
const nearLine: ActivityOptions = { ...ACTIVITY_OPTIONS, priority: { priorityKey: 1 } };

export const soonCpu = () => proxyActivities<CpuActivities>({ ...nearLine, taskQueue: QUEUES.cpu });
export const soonGpu = () => proxyActivities<GpuActivities>({ ...nearLine, taskQueue: QUEUES.gpu });

/** Activities that only wait. A stop need not wait for them. */
export const waiting = () =>
  proxyActivities<Pick<CpuActivities, 'awaitChanges'>>({
    ...ACTIVITY_OPTIONS,
    taskQueue: WAIT_QUEUE,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });

/** Units that wait for other runs: they take no slot from work. */
export const waitingUnits = () => proxyActivities<CpuActivities>({ ...ACTIVITY_OPTIONS, taskQueue: WAIT_QUEUE });

/** Activities that a stop need not wait for: what they do is done whole or not at all, and what comes late is refused. */
export const gently = () =>
  proxyActivities<CpuActivities>({
    ...nearLine,
    taskQueue: QUEUES.cpu,
    cancellationType: ActivityCancellationType.TRY_CANCEL,
  });

/** Activities on a training job, on the queue of the host that has it, or on any; of many, the most urgent go first. */
export const training = (hostQueue: string | null, priority: ActivityOptions['priority']) =>
  proxyActivities<CpuActivities>({ ...ACTIVITY_OPTIONS, taskQueue: hostQueue ?? QUEUES.cpu, priority });

/** Those that only wait for devices, or look at a job. A stop need not wait for them: they leave the job as it is. */
export const lookingOn = (hostQueue: string | null, priority: ActivityOptions['priority']) =>
  proxyActivities<Pick<CpuActivities, 'acquireDevices' | 'watchTraining'>>({
    ...ACTIVITY_OPTIONS,
    taskQueue: hostQueue === null ? WAIT_QUEUE : hostWaitQueue(hostOf(hostQueue)),
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    priority,
  });
