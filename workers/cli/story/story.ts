import type { PendingActivity } from '../pending';

/** A history as a story: what was done, how often, and what was waited for. Times are milliseconds since 1970, spans milliseconds. */
export interface Story {
  workflow: string;
  workflowId: string;
  startedAt: number;
  /** When the last event was written. */
  lastAt: number;
  /** `completed`, `failed`, …; `open` where the history has no end. */
  outcome: string;
  failure: Problem | null;
  events: number;
  steps: Step[];
  /** Activities that go on, where the run is open and its server was asked. */
  goingOn: GoingOn[];
  phases: Phase[];
  /** From the start of the run to its end without a gap: what the run would have been shorter by. */
  critical: Segment[];
  waits: Waits;
  /** Payloads by the kind of their event, the largest sum first. */
  payloads: { event: string; payloads: number; bytes: number }[];
  cost: Cost;
  /** What the run itself says it cost, in its result; null where it says nothing. */
  saidCost: Cost | null;
}

export interface Problem {
  /** The failure's code, such as `SourceNotFound`; its kind where it has none. */
  code: string;
  message: string;
}

export type StepKind = 'activity' | 'child' | 'timer' | 'hold' | 'pause';

/** Something that the run waited for: an activity, a child workflow, a timer, a person. */
export interface Step {
  kind: StepKind;
  /** Type of the activity or child; what a hold was decided as. */
  name: string;
  /** Id of the event that began it. */
  eventId: number;
  scheduledAt: number;
  /** When its last attempt began; null where none has, or where the server does not say. */
  startedAt: number | null;
  /** Null where it is not over. */
  endedAt: number | null;
  attempts: number;
  outcome: 'completed' | 'failed' | 'timed out' | 'cancelled' | 'open';
  /** Why it failed, or why the attempt before the last did. */
  problem: Problem | null;
  /** Back-off between attempts, by its retry policy; 0 where there was one attempt. */
  backoff: number;
  /** Scheduled to started. Of a step with more attempts the earlier ones are in it, with their back-off. */
  queued: number;
  /** Id of a child workflow, or of the queue. */
  where: string;
  cost: Cost | null;
}

/** An activity that is not over. */
export interface GoingOn extends Pick<Step, 'name' | 'eventId' | 'attempts' | 'startedAt' | 'problem'> {
  state: PendingActivity['state'];
  /** When it is tried again; null where it does not wait for that. */
  nextAt: number | null;
  /** Its last heartbeat; null where it has none. */
  beatAt: number | null;
  /** Worker of its last attempt. */
  worker: string;
}

/** Steps of the same name that follow one another. */
export interface Phase {
  name: string;
  kind: StepKind;
  steps: number;
  attempts: number;
  failed: number;
  from: number;
  to: number;
}

export interface Segment {
  kind: 'run' | 'queue' | 'attempts' | 'child' | 'timer' | 'workflow' | 'message' | 'hold' | 'pause' | 'start delay';
  /** What ran, or what was waited for. */
  name: string;
  from: number;
  to: number;
}

/** Sums over all steps; steps side by side count each for itself. */
export interface Waits {
  /** Activities from scheduled to started, of those with one attempt. */
  queue: number;
  backoff: number;
  timers: number;
  hold: number;
  pause: number;
  /** Workflow tasks from scheduled to started. */
  workflowTasks: number;
}

export interface Cost {
  usd: number;
  tokens: number;
}
