import type { History, HistoryEvent } from '../histories';
import { idOf, millis, typeOf } from './events';
import type { Segment, Step } from './story';

/**
 * What the end of a run waited for, told backwards: the last workflow task was woken by the newest event before it; that by the
 * activity, child or timer it ends; that was begun by an earlier task; and so on to the start. Of steps side by side the last
 * to end is on the path. Segments meet without a gap, so that their sum is the whole time.
 */
export function criticalPath({ events }: History, steps: readonly Step[]): Segment[] {
  const all = events ?? [];
  const byId = new Map(all.map((event) => [idOf(event), event]));
  const stepBy = new Map(steps.filter(isBegunByCommand).map((step) => [step.eventId, step]));
  const path: Segment[] = [];
  const tasks = all.filter(({ workflowTaskCompletedEventAttributes: task }) => task);
  const last = all.at(-1);
  let until = last ? millis(last.eventTime) : 0;
  const add = (kind: Segment['kind'], name: string, from: number) => {
    if (until > from) path.unshift({ kind, name, from, to: until });
    until = Math.min(until, from);
  };
  const open = lastOpen(last, steps);
  if (open) add(open.kind === 'activity' ? 'attempts' : kindOf(open), open.name, open.scheduledAt);
  let task = open ? taskOf(byId.get(open.eventId), byId) : tasks.at(-1);
  while (task) {
    const startedId = Number(task.workflowTaskCompletedEventAttributes?.startedEventId);
    const started = byId.get(startedId);
    const previous = tasks.filter((other) => idOf(other) < idOf(task as HistoryEvent)).at(-1);
    const cause = all
      .filter((event) => idOf(event) < startedId && idOf(event) > (previous ? idOf(previous) : 0) && wakes(event))
      .at(-1);
    if (!started) break;
    add('workflow', 'workflow code', millis(started.eventTime));
    const step = cause && stepBy.get(beganBy(cause));
    if (cause) add('workflow', 'workflow task in its queue', millis(cause.eventTime));
    if (cause && step) {
      addStep(step, add);
      task = taskOf(byId.get(step.eventId), byId);
    } else if (previous) {
      // A message from outside: what came before it was idle, and told by the status that the run had.
      const idle = steps.find(
        (one) =>
          (one.kind === 'hold' || one.kind === 'pause') &&
          one.scheduledAt < until &&
          (one.endedAt ?? Infinity) >= until,
      );
      add(
        idle ? kindOf(idle) : 'message',
        idle?.name ?? (cause ? messageName(cause) : 'a message'),
        millis(previous.eventTime),
      );
      task = previous;
    } else break;
  }
  const first = all[0];
  if (first) add('start delay', 'before its first task', millis(first.eventTime));
  return joined(path);
}

function addStep(step: Step, add: (kind: Segment['kind'], name: string, from: number) => void): void {
  if (step.kind !== 'activity') return add(kindOf(step), step.name, step.scheduledAt);
  if (step.startedAt !== null) add('run', step.name, step.startedAt);
  add(step.attempts > 1 ? 'attempts' : 'queue', step.name, step.scheduledAt);
}

const isBegunByCommand = ({ kind }: Step): boolean => kind !== 'hold' && kind !== 'pause';
const kindOf = ({ kind }: Step): Segment['kind'] => (kind === 'activity' ? 'run' : kind);

/** In a run that is not over: the open step that began last, but a timer, which bounds another wait. */
function lastOpen(last: HistoryEvent | undefined, steps: readonly Step[]): Step | undefined {
  if (!last || typeOf(last).startsWith('WORKFLOW_EXECUTION_')) return undefined;
  return steps
    .filter(({ endedAt, kind }) => endedAt === null && kind !== 'timer' && isBegunByCommand({ kind } as Step))
    .at(-1);
}

/** The workflow task that issued the command of an event. */
function taskOf(event: HistoryEvent | undefined, byId: ReadonlyMap<number, HistoryEvent>): HistoryEvent | undefined {
  const by =
    event?.activityTaskScheduledEventAttributes ??
    event?.startChildWorkflowExecutionInitiatedEventAttributes ??
    event?.timerStartedEventAttributes;
  return byId.get(Number(by?.workflowTaskCompletedEventId ?? 0));
}

/** The event that began what this one ends; 0 for one that ends nothing. */
function beganBy(event: HistoryEvent): number {
  const activity =
    event.activityTaskCompletedEventAttributes ??
    event.activityTaskFailedEventAttributes ??
    event.activityTaskTimedOutEventAttributes ??
    event.activityTaskCanceledEventAttributes;
  const child =
    event.childWorkflowExecutionCompletedEventAttributes ??
    event.childWorkflowExecutionFailedEventAttributes ??
    event.childWorkflowExecutionTimedOutEventAttributes ??
    event.childWorkflowExecutionCanceledEventAttributes ??
    event.childWorkflowExecutionTerminatedEventAttributes ??
    event.childWorkflowExecutionStartedEventAttributes;
  return Number(
    activity?.scheduledEventId ?? child?.initiatedEventId ?? event.timerFiredEventAttributes?.startedEventId ?? 0,
  );
}

/** True for what makes a workflow go on: the end of a step, or a message. */
const wakes = (event: HistoryEvent): boolean =>
  beganBy(event) > 0 ||
  /^WORKFLOW_EXECUTION_(SIGNALED|CANCEL_REQUESTED|UPDATE_ADMITTED)$|^EXTERNAL_WORKFLOW/.test(typeOf(event));

const messageName = (event: HistoryEvent): string =>
  event.workflowExecutionSignaledEventAttributes?.signalName ?? typeOf(event).toLowerCase().replaceAll('_', ' ');

/** Segments of the same kind and name that meet are one. */
function joined(path: readonly Segment[]): Segment[] {
  const out: Segment[] = [];
  for (const segment of path) {
    const before = out.at(-1);
    if (before && before.kind === segment.kind && before.name === segment.name) before.to = segment.to;
    else out.push({ ...segment });
  }
  return out;
}
