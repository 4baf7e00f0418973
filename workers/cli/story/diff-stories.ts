import type { History, HistoryEvent, KeptHistory } from '../histories';
import { buildStory } from './build-story';
import { idOf, typeOf, valuesOf } from './events';
import type { Phase, Story } from './story';

/** A value that two runs do not share; undefined where one has none there. */
export interface ValueDifference {
  /** Such as `data.source`, or `(whole)`. */
  path: string;
  a: unknown;
  b: unknown;
}

/** A command of a run: what its code asked for, in order. */
export interface Command {
  eventId: number;
  /** Such as `activity filterUnit`. */
  what: string;
}

/** The same phase of two runs, or a phase that only one has. */
export interface PhasePair {
  name: string;
  a: Phase | null;
  b: Phase | null;
}

export interface RunDifference {
  a: Story;
  b: Story;
  input: ValueDifference[];
  output: ValueDifference[];
  /** Commands that both runs share from the start, and the first that they do not; null where they made the same. */
  divergence: { shared: number; a: Command | null; b: Command | null } | null;
  phases: PhasePair[];
}

/** What parts two runs; their payloads must be plain. */
export function diffRuns(a: KeptHistory, b: KeptHistory): RunDifference {
  const stories = { a: buildStory(a), b: buildStory(b) };
  return {
    ...stories,
    input: differences(inputOf(a.history), inputOf(b.history)),
    output: differences(outputOf(a.history), outputOf(b.history)),
    divergence: divergenceOf(commandsOf(a.history), commandsOf(b.history)),
    phases: pairPhases(stories.a.phases, stories.b.phases),
  };
}

const inputOf = ({ events }: History): unknown =>
  valuesOf(events?.[0]?.workflowExecutionStartedEventAttributes?.input)[0];

/** A result, or the failure in its place. */
function outputOf(history: History): unknown {
  const last = history.events?.at(-1);
  const failure = last?.workflowExecutionFailedEventAttributes?.failure;
  if (failure) return { failed: failure.message ?? '' };
  return valuesOf(last?.workflowExecutionCompletedEventAttributes?.result)[0];
}

/** What differs between two JSON values, by path; lists that differ in length are told at their own path as well. */
export function differences(a: unknown, b: unknown, path = ''): ValueDifference[] {
  if (Object.is(a, b)) return [];
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return [{ path: path || '(whole)', a, b }];
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => differences(a[key], b[key], path ? `${path}.${key}` : key));
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** The commands of a history in order. Search attributes and patches are left out: they change nothing that is waited for. */
export const commandsOf = ({ events }: History): Command[] =>
  (events ?? []).flatMap((event) => {
    const what = commandName(event);
    return what === undefined ? [] : [{ eventId: idOf(event), what }];
  });

function commandName(event: HistoryEvent): string | undefined {
  const activity = event.activityTaskScheduledEventAttributes;
  if (activity) return `activity ${activity.activityType?.name ?? ''}`;
  const child = event.startChildWorkflowExecutionInitiatedEventAttributes;
  if (child) return `child ${child.workflowType?.name ?? ''}`;
  if (event.timerStartedEventAttributes) return 'timer';
  const signal = event.signalExternalWorkflowExecutionInitiatedEventAttributes;
  if (signal) return `signal ${signal.signalName ?? ''}`;
  const [, end] = /^WORKFLOW_EXECUTION_(COMPLETED|FAILED|CANCELED|CONTINUED_AS_NEW)$/.exec(typeOf(event)) ?? [];
  return end?.toLowerCase().replaceAll('_', ' ');
}

function divergenceOf(a: readonly Command[], b: readonly Command[]): RunDifference['divergence'] {
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared]?.what === b[shared]?.what) shared++;
  if (shared === a.length && shared === b.length) return null;
  return { shared, a: a[shared] ?? null, b: b[shared] ?? null };
}

/**
 * Phases side by side: pairs of the same kind and name in the longest order that both runs share, and the others where they stand.
 * By the longest common subsequence; runs have some tens of phases, rarely hundreds.
 */
export function pairPhases(a: readonly Phase[], b: readonly Phase[]): PhasePair[] {
  const same = (i: number, j: number) => a[i]?.kind === b[j]?.kind && a[i]?.name === b[j]?.name;
  const longest = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0));
  const at = (i: number, j: number) => longest[i]?.[j] ?? 0;
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      const row = longest[i];
      if (row) row[j] = same(i, j) ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pairs: PhasePair[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const takesBoth = i < a.length && j < b.length && same(i, j);
    const takesA = takesBoth || (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1)));
    const ofA = takesA ? (a[i++] ?? null) : null;
    const ofB = takesBoth || !takesA ? (b[j++] ?? null) : null;
    pairs.push({ name: (ofA ?? ofB)?.name ?? '', a: ofA, b: ofB });
  }
  return pairs;
}
