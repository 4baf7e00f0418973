import { SEARCH_ATTRIBUTES } from '../../../schemas/names';
import type { History, HistoryEvent } from '../histories';
import { costOf, idOf, millis, problemOf, spanMillis, sumCosts, valuesOf } from './events';
import type { Step, StepKind } from './story';

/** Everything that a run waited for, in the order in which it began; `goingOn` are the events of attempts that are not over. */
export function stepsOf({ events }: History, goingOn: readonly HistoryEvent[] = []): Step[] {
  const all = events ?? [];
  const byEvent = new Map<number, Step>();
  for (const event of all) {
    const begun = began(event);
    if (begun) byEvent.set(begun.eventId, begun);
    else ended(event, byEvent);
  }
  for (const event of goingOn) ended(event, byEvent);
  return [...byEvent.values(), ...statusSteps(all)].sort(
    (a, b) => a.scheduledAt - b.scheduledAt || a.eventId - b.eventId,
  );
}

function began(event: HistoryEvent): Step | undefined {
  const activity = event.activityTaskScheduledEventAttributes;
  if (activity) return step(event, 'activity', activity.activityType?.name, activity.taskQueue?.name);
  const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
  if (child) return step(event, 'child', child.workflowType?.name, child.workflowId);
  const timer = event.timerStartedEventAttributes;
  if (timer) return step(event, 'timer', `timer of ${spanMillis(timer.startToFireTimeout) / 1000} s`, timer.timerId);
  return undefined;
}

const step = (event: HistoryEvent, kind: StepKind, name?: string | null, where?: string | null): Step => ({
  kind,
  name: name ?? kind,
  eventId: idOf(event),
  scheduledAt: millis(event.eventTime),
  startedAt: kind === 'timer' ? millis(event.eventTime) : null,
  endedAt: null,
  attempts: kind === 'activity' ? 0 : 1,
  outcome: 'open',
  problem: null,
  backoff: 0,
  queued: 0,
  where: where ?? '',
  cost: null,
});

/** Notes a start or an end on the step that it is of. */
function ended(event: HistoryEvent, steps: ReadonlyMap<number, Step>): void {
  const at = millis(event.eventTime);
  const activity = event.activityTaskStartedEventAttributes;
  if (activity) {
    const of = steps.get(Number(activity.scheduledEventId));
    if (!of) return;
    const attempts = activity.attempt ?? 1;
    Object.assign(of, {
      // An attempt that has not begun yet has no time.
      ...(at > 0 ? { startedAt: at, queued: at - of.scheduledAt } : {}),
      attempts,
      problem: problemOf(activity.lastFailure),
    });
    return;
  }
  const child = event.childWorkflowExecutionStartedEventAttributes;
  if (child) {
    const of = steps.get(Number(child.initiatedEventId));
    if (of) Object.assign(of, { startedAt: at, queued: at - of.scheduledAt });
    return;
  }
  const end = endOf(event);
  const of = end && steps.get(Number(end.of));
  if (!end || !of) return;
  Object.assign(of, { endedAt: at, outcome: end.outcome, cost: sumCosts(valuesOf(end.result).map(costOf)) });
  // What it ended with says more than what an attempt before did.
  if (end.failure) of.problem = problemOf(end.failure);
}

type End = { of: unknown; outcome: Step['outcome']; result?: unknown; failure?: Parameters<typeof problemOf>[0] };

/** What an event ends, and how. */
function endOf(event: HistoryEvent): End | undefined {
  const {
    activityTaskCompletedEventAttributes: done,
    activityTaskFailedEventAttributes: failed,
    activityTaskTimedOutEventAttributes: late,
    activityTaskCanceledEventAttributes: cancelled,
    childWorkflowExecutionCompletedEventAttributes: childDone,
    childWorkflowExecutionFailedEventAttributes: childFailed,
    childWorkflowExecutionTimedOutEventAttributes: childLate,
    childWorkflowExecutionCanceledEventAttributes: childCancelled,
    childWorkflowExecutionTerminatedEventAttributes: terminated,
    timerFiredEventAttributes: fired,
    timerCanceledEventAttributes: stopped,
  } = event;
  if (done) return { of: done.scheduledEventId, outcome: 'completed', result: done.result };
  if (failed) return { of: failed.scheduledEventId, outcome: 'failed', failure: failed.failure };
  if (late) return { of: late.scheduledEventId, outcome: 'timed out', failure: late.failure };
  if (cancelled) return { of: cancelled.scheduledEventId, outcome: 'cancelled' };
  if (childDone) return { of: childDone.initiatedEventId, outcome: 'completed', result: childDone.result };
  if (childFailed) return { of: childFailed.initiatedEventId, outcome: 'failed', failure: childFailed.failure };
  if (childLate) return { of: childLate.initiatedEventId, outcome: 'timed out' };
  if (childCancelled) return { of: childCancelled.initiatedEventId, outcome: 'cancelled' };
  if (terminated) return { of: terminated.initiatedEventId, outcome: 'cancelled' };
  if (fired) return { of: fired.startedEventId, outcome: 'completed' };
  if (stopped) return { of: stopped.startedEventId, outcome: 'cancelled' };
  return undefined;
}

const STATUS_STEPS: Record<string, StepKind> = { holding: 'hold', paused: 'pause' };

/** Holds and pauses, by the status that every stage sets, each with the message that ended it. */
function statusSteps(events: readonly HistoryEvent[]): Step[] {
  const found: Step[] = [];
  let open: Step | undefined;
  let said = '';
  for (const event of events) {
    said = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest?.input?.name ?? said;
    said = event.workflowExecutionSignaledEventAttributes?.signalName ?? said;
    const status =
      event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields?.[SEARCH_ATTRIBUTES.status];
    const [value] = valuesOf(status);
    if (value === undefined) continue;
    const kind = typeof value === 'string' ? STATUS_STEPS[value] : undefined;
    if (open && open.kind === kind) continue;
    if (open) Object.assign(open, { endedAt: millis(event.eventTime), outcome: 'completed', where: said });
    open = kind && step(event, kind, kind === 'hold' ? 'held for a person' : 'paused', '');
    said = '';
    if (open) found.push(open);
  }
  return found;
}
