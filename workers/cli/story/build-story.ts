import { type History, type HistoryEvent, type KeptHistory, workflowTypeOf } from '../histories';
import { criticalPath } from './critical-path';
import { bytesOf, costOf, idOf, millis, problemOf, spanMillis, sumCosts, typeOf, valuesOf } from './events';
import { stepsOf } from './steps';
import type { PendingActivity } from '../pending';
import type { Cost, GoingOn, Phase, Step, Story } from './story';

const NO_COST: Cost = { usd: 0, tokens: 0 };

/** Reads a history, whose payloads must be plain, as a story. */
export function buildStory({ workflowId, history, pending = [] }: KeptHistory): Story {
  const events = history.events ?? [];
  const last = events.at(-1);
  const steps = stepsOf(
    history,
    pending.map(({ started }) => started),
  );
  for (const step of steps) step.backoff = backoffOf(step, events);
  return {
    workflow: workflowTypeOf(history),
    workflowId,
    startedAt: millis(events[0]?.eventTime),
    lastAt: millis(last?.eventTime),
    outcome: outcomeOf(last),
    failure: problemOf(last?.workflowExecutionFailedEventAttributes?.failure),
    events: events.length,
    steps,
    goingOn: pending.flatMap((activity) => goingOnOf(activity, steps)),
    phases: phasesOf(steps),
    critical: criticalPath(history, steps),
    waits: waitsOf(history, steps),
    payloads: payloadsByEvent(events),
    cost: sumCosts(steps.map(({ cost }) => cost)) ?? NO_COST,
    saidCost: sumCosts(valuesOf(last?.workflowExecutionCompletedEventAttributes?.result).map(costOf)),
  };
}

function goingOnOf({ started, state, nextAt, beatAt, worker }: PendingActivity, steps: readonly Step[]): GoingOn[] {
  const step = steps.find(({ eventId }) => eventId === idOf(started));
  if (!step) return [];
  const { name, eventId, attempts, problem, startedAt } = step;
  const time = (at: typeof nextAt) => (at ? millis(at) : null);
  return [{ name, eventId, attempts, state, startedAt, nextAt: time(nextAt), beatAt: time(beatAt), worker, problem }];
}

function outcomeOf(last: HistoryEvent | undefined): string {
  const [, outcome] =
    /^WORKFLOW_EXECUTION_(COMPLETED|FAILED|TIMED_OUT|CANCELED|TERMINATED|CONTINUED_AS_NEW)$/.exec(
      last ? typeOf(last) : '',
    ) ?? [];
  return outcome?.toLowerCase().replaceAll('_', ' ') ?? 'open';
}

/**
 * What the retry policy waits before attempts 2 to n: initial × coefficient^(i − 1), each at most the maximum interval; together never
 * more than the time there was. A failure may have asked for another delay, which a history does not tell.
 */
function backoffOf({ kind, attempts, eventId, queued }: Step, events: readonly HistoryEvent[]): number {
  if (kind !== 'activity' || attempts < 2) return 0;
  const policy = events[eventId - 1]?.activityTaskScheduledEventAttributes?.retryPolicy;
  const initial = spanMillis(policy?.initialInterval) || 1_000;
  const coefficient = policy?.backoffCoefficient || 2;
  const most = spanMillis(policy?.maximumInterval) || 100 * initial;
  let sum = 0;
  for (let retry = 0; retry < attempts - 1 && sum < queued; retry++)
    sum += Math.min(most, initial * coefficient ** retry);
  return Math.min(sum, queued);
}

function phasesOf(steps: readonly Step[]): Phase[] {
  const phases: Phase[] = [];
  for (const step of steps) {
    const { kind, name, attempts, outcome, scheduledAt } = step;
    const to = step.endedAt ?? step.startedAt ?? scheduledAt;
    const failed = outcome === 'failed' || outcome === 'timed out' ? 1 : 0;
    const before = phases.at(-1);
    if (before?.kind === kind && before.name === name) {
      before.steps++;
      before.attempts += attempts;
      before.failed += failed;
      before.to = Math.max(before.to, to);
    } else phases.push({ name, kind, steps: 1, attempts, failed, from: scheduledAt, to });
  }
  return phases;
}

function waitsOf({ events }: History, steps: readonly Step[]): Story['waits'] {
  const end = millis(events?.at(-1)?.eventTime);
  const sum = (kind: Step['kind'], of: (step: Step) => number) =>
    steps.filter((step) => step.kind === kind).reduce((total, step) => total + of(step), 0);
  const lasted = ({ scheduledAt, endedAt }: Step) => (endedAt ?? end) - scheduledAt;
  const scheduled = new Map((events ?? []).map((event) => [Number(event.eventId), millis(event.eventTime)]));
  const workflowTasks = (events ?? []).reduce((total, { workflowTaskStartedEventAttributes: task, eventTime }) => {
    const from = task && scheduled.get(Number(task.scheduledEventId));
    return from === undefined || from === null ? total : total + millis(eventTime) - from;
  }, 0);
  return {
    queue: sum('activity', ({ attempts, queued }) => (attempts === 1 ? queued : 0)),
    backoff: sum('activity', ({ backoff }) => backoff),
    timers: sum('timer', lasted),
    hold: sum('hold', lasted),
    pause: sum('pause', lasted),
    workflowTasks,
  };
}

function payloadsByEvent(events: readonly HistoryEvent[]): Story['payloads'] {
  const sums = new Map<string, { payloads: number; bytes: number }>();
  for (const event of events) {
    const sizes = bytesOf(event);
    if (sizes.length === 0) continue;
    const sum = sums.get(typeOf(event)) ?? { payloads: 0, bytes: 0 };
    sum.payloads += sizes.length;
    sum.bytes += sizes.reduce((total, bytes) => total + bytes, 0);
    sums.set(typeOf(event), sum);
  }
  return [...sums]
    .map(([event, sum]) => ({ event, ...sum }))
    .sort((a, b) => b.bytes - a.bytes || (a.event < b.event ? -1 : 1));
}
