import { temporal } from '@temporalio/proto';
import { workflowTypeOf, type History, type HistoryEvent, type KeptHistory } from './histories';

/** Why a history does not replay, in words a person can act on. */
export interface Mismatch {
  /** Id of the event at which history and code part; null where the failure is not about one event. */
  eventId: number | null;
  /** What the history says happened there. */
  history: string;
  /** Its type as the API names it, such as `ACTIVITY_TASK_SCHEDULED`. */
  eventType: string | null;
  /** What the code did instead. */
  code: string;
  /** Where the code stood then, the innermost frame first; empty where that is not known. */
  stack: string[];
  remedy: string;
}

const CHANGED = [
  'The code is not the one that made this history. For a change that open runs must survive, either',
  '  patch: if (patched("what-changed")) { the new way } else { the old way }, and keep the old way until no run needs it;',
  '  pin:   let old runs finish on old workers (worker versioning, PINNED), so that only new runs see the change;',
  '  reset: temporal workflow reset --workflow-id ID --event-id EVENT --reason WHY, which does again all that came after the event.',
].join('\n');

/**
 * The event to reset a run to, so that all from the mismatch on is done again: the end of the workflow task that made the event.
 * Null where there is none.
 */
export function resetPoint({ events }: History, eventId: number): number | null {
  const tasks = (events ?? []).filter(({ workflowTaskCompletedEventAttributes: task }) => task).map(idOf);
  return tasks.filter((id) => id < eventId).at(-1) ?? null;
}

/** A mismatch with the remedy in the words of one run: its id, and where it can be reset to. */
export function ofRun(mismatch: Mismatch, { workflowId, history }: KeptHistory): Mismatch {
  const point = mismatch.eventId === null ? null : resetPoint(history, mismatch.eventId);
  const remedy = mismatch.remedy
    .replace('--workflow-id ID', `--workflow-id ${workflowId}`)
    .replace('--event-id EVENT', `--event-id ${point ?? 'EVENT'}`);
  return { ...mismatch, remedy };
}

const idOf = ({ eventId }: HistoryEvent): number => Number(eventId);

/** What the SDK calls the state machine of each command, and what the code did to get there. */
const DID: Record<string, string> = {
  Activity: 'scheduled an activity',
  'Local activity': 'ran a local activity',
  Timer: 'started a timer',
  'Complete workflow': 'completed the workflow',
  'Fail workflow': 'failed the workflow',
  'Cancel workflow': 'ended the workflow as cancelled',
  'Continue as new workflow': 'continued as new',
  'Child workflow': 'started a child workflow',
  Patch: 'asked for a patch',
  'Upsert search attributes': 'set search attributes',
  'Modify workflow properties': 'set the memo',
  'Signal external': 'signalled another workflow',
  'Cancel external': 'cancelled another workflow',
};

/** Explains the error of a replay by the history it happened on. */
export function explainMismatch(error: Error, history: History): Mismatch {
  const detail = detailOf(error.message);
  const found =
    unhandledEvent(detail, history) ??
    otherType(detail, history) ??
    missingWorkflow(detail, history) ??
    unknown(detail);
  return { ...found, eventType: typeOf(history, found.eventId), stack: [] };
}

/** What the error alone tells. */
type Found = Omit<Mismatch, 'eventType' | 'stack'>;

/** The SDK wraps the sentence that says something in two printed data structures. */
function detailOf(message: string): string {
  const [, quoted] = /message: ("(?:[^"\\]|\\.)*")/.exec(message) ?? [];
  const inner = quoted === undefined ? message : unquoted(quoted);
  return inner.replace(/^\[TMPRL1100\] /, '').replace(/^Nondeterminism error: /, '');
}

// Rust prints strings almost as JSON does; where it does not, the text as it stands will do.
function unquoted(text: string): string {
  try {
    return JSON.parse(text) as string;
  } catch {
    return text;
  }
}

/** "Timer machine does not handle this event: HistoryEvent(id: 11, …)": another kind of command, or none. */
function unhandledEvent(detail: string, history: History): Found | undefined {
  const [, id] = /HistoryEvent\(id: (\d+)/.exec(detail) ?? [];
  if (id === undefined) return undefined;
  const [, machine] = /^(.+?) machine does not handle/.exec(detail) ?? [];
  const code = machine === undefined ? 'did nothing at that point' : (DID[machine] ?? `made the command "${machine}"`);
  return { eventId: Number(id), history: describeEvent(history, Number(id)), code, remedy: CHANGED };
}

/** "Activity type of scheduled event 'two' does not match activity type of activity command 'three'" and its like. */
function otherType(detail: string, history: History): Found | undefined {
  const [, what, was, is] = /^(.+?) of scheduled event '(.*?)' does not match .+ '(.*?)'/.exec(detail) ?? [];
  if (what === undefined || was === undefined || is === undefined) return undefined;
  const event = history.events?.find((candidate) => nameOf(candidate) === was);
  const eventId = event ? idOf(event) : null;
  const kind = what.toLowerCase().replace(/ (type|id)$/, '');
  return {
    eventId,
    history: eventId === null ? `${kind} ${was}` : describeEvent(history, eventId),
    code: `scheduled the ${kind} ${is}`,
    remedy: CHANGED,
  };
}

function missingWorkflow(detail: string, history: History): Found | undefined {
  if (!/no such function is exported/.test(detail)) return undefined;
  return {
    eventId: 1,
    history: `a run of ${workflowTypeOf(history)}`,
    code: 'has no workflow of that name',
    remedy: 'Export it again from workflows/index.ts for as long as runs of it are open.',
  };
}

const unknown = (detail: string): Found => ({
  eventId: null,
  history: 'this run as it was recorded',
  code: detail,
  remedy: CHANGED,
});

const { EventType } = temporal.api.enums.v1;

/** The type of an event as the API names it. */
function typeOf(history: History, eventId: number | null): string | null {
  const event = history.events?.find((candidate) => idOf(candidate) === eventId);
  return EventType[event?.eventType ?? 0]?.replace(/^EVENT_TYPE_/, '') ?? null;
}

/** An event in words: "activity filterUnit scheduled". */
export function describeEvent(history: History, eventId: number): string {
  const event = history.events?.find((candidate) => idOf(candidate) === eventId);
  if (!event) return `event ${eventId}`;
  const type = typeOf(history, eventId)?.toLowerCase().replaceAll('_', ' ') ?? 'an event';
  const name = nameOf(event);
  return name ? `${type}: ${name}` : type;
}

/** The name of what an event is about, where it has one. */
function nameOf(event: HistoryEvent): string | undefined {
  return (
    event.activityTaskScheduledEventAttributes?.activityType?.name ??
    event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType?.name ??
    event.timerStartedEventAttributes?.timerId ??
    event.markerRecordedEventAttributes?.markerName ??
    undefined
  );
}
