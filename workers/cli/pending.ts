import type { Client } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import type { History, HistoryEvent, KeptHistory } from './histories';

/**
 * An activity that goes on. Temporal writes that an attempt has begun only when the activity is over: until then its server alone knows
 * of attempts and why they failed.
 */
export interface PendingActivity {
  /** The event that the server would write if it were over now. */
  started: HistoryEvent;
  /** What it does. */
  state: 'runs' | 'waits for a worker' | 'waits to be tried again' | 'is paused' | 'is being cancelled';
  /** When it is tried again, where it waits for that. Times are as the server gives them. */
  nextAt: HistoryEvent['eventTime'];
  beatAt: HistoryEvent['eventTime'];
  /** Worker of the last attempt, as `<pid>@<host>`. */
  worker: string;
}

const { PendingActivityState: State, EventType } = temporal.api.enums.v1;

/** The history with the activities that go on, where the run is open: as its server tells them. */
export async function withPending(client: Client, kept: KeptHistory): Promise<KeptHistory> {
  const { workflowId, runId, history } = kept;
  if (isOver(history)) return kept;
  const { raw } = await client.workflow.getHandle(workflowId, runId).describe();
  const scheduled = new Map(
    (history.events ?? []).flatMap(({ eventId, activityTaskScheduledEventAttributes: activity }) =>
      activity ? [[activity.activityId, eventId] as const] : [],
    ),
  );
  const pending = (raw.pendingActivities ?? []).flatMap((activity) => {
    const scheduledEventId = scheduled.get(activity.activityId);
    return scheduledEventId ? [pendingOf(activity, scheduledEventId)] : [];
  });
  return { ...kept, pending };
}

type Info = temporal.api.workflow.v1.IPendingActivityInfo;

function pendingOf(info: Info, scheduledEventId: HistoryEvent['eventId']): PendingActivity {
  const {
    state,
    attempt,
    lastFailure,
    lastStartedTime,
    nextAttemptScheduleTime,
    lastHeartbeatTime,
    lastWorkerIdentity,
  } = info;
  return {
    started: {
      eventId: scheduledEventId ?? null,
      eventTime: lastStartedTime ?? null,
      eventType: EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED,
      activityTaskStartedEventAttributes: {
        scheduledEventId: scheduledEventId ?? null,
        attempt: attempt ?? 1,
        lastFailure: lastFailure ?? null,
      },
    },
    state: stateOf(state, attempt ?? 1),
    nextAt: nextAttemptScheduleTime,
    beatAt: lastHeartbeatTime,
    worker: lastWorkerIdentity ?? '',
  };
}

function stateOf(state: Info['state'], attempt: number): PendingActivity['state'] {
  if (state === State.PENDING_ACTIVITY_STATE_STARTED) return 'runs';
  if (state === State.PENDING_ACTIVITY_STATE_CANCEL_REQUESTED) return 'is being cancelled';
  if (state === State.PENDING_ACTIVITY_STATE_PAUSED || state === State.PENDING_ACTIVITY_STATE_PAUSE_REQUESTED)
    return 'is paused';
  return attempt > 1 ? 'waits to be tried again' : 'waits for a worker';
}

/** Whether a history ends with the end of its run. */
const isOver = ({ events }: History): boolean =>
  /^EVENT_TYPE_WORKFLOW_EXECUTION_(COMPLETED|FAILED|TIMED_OUT|CANCELED|TERMINATED|CONTINUED_AS_NEW)$/.test(
    EventType[events?.at(-1)?.eventType ?? 0] ?? '',
  );
