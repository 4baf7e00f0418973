import type { FailureClass } from '../../schemas/training';
import type { AttemptEnd, RuleAction, TrainingBudget } from '../../schemas/training-run';
import type { Adjustments } from '../../activities/training/attempt';
import type { WatchEvent } from '../../activities/training/watch';

/** How often each class of failure was met. */
export type Tries = Record<FailureClass, number>;

export const NO_TRIES: Tries = { infrastructure: 0, memory: 0, numeric: 0, data: 0, user: 0 };

/** What comes after an attempt. */
export type Verdict =
  | { next: 'collect' }
  /** Another attempt from the last checkpoint, after a while. */
  | { next: 'again'; waitSeconds: number; adjust: Adjustments }
  /** A person decides: approved, the same again with `adjust`. */
  | { next: 'hold'; why: string; adjust: Adjustments }
  | { next: 'fail'; class: FailureClass; why: string; log: string };

export interface Standing {
  tries: Tries;
  adjust: Adjustments;
  /** Attempts of infrastructure failures in a row that made no step: the wait grows with them, and starts anew with a step. */
  fruitless: number;
  retries: TrainingBudget['retries'];
  /** Rows that a rank takes at once, before any halving. */
  microBatchSize: number;
}

const FIRST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 300;
/** What the rate is multiplied by each time that it is lowered. */
const LOWER = 0.5;

const again = (adjust: Adjustments, waitSeconds = 0): Verdict => ({ next: 'again', waitSeconds, adjust });

/** The class of the failure that an event is, or what else ended the attempt. */
export function endOf(event: WatchEvent): AttemptEnd {
  switch (event.kind) {
    case 'failed':
      return event.failure.class;
    case 'limit':
      return event.limit;
    case 'rule':
      return 'rule';
    case 'stopped':
      // A cluster has asked it to go, as before a preemption.
      return 'infrastructure';
    case 'done':
    case 'unknown':
      return event.kind;
    case 'progress':
      return 'unknown';
  }
}

/** As what an event counts among the tries; null where it is no failure. */
export function classOf(event: WatchEvent): FailureClass | null {
  switch (event.kind) {
    case 'failed':
      return event.failure.class;
    case 'rule':
      return 'numeric';
    case 'stopped':
      return 'infrastructure';
    default:
      return null;
  }
}

/**
 * What to do after an attempt has ended. `standing.tries` counts this one already. What fails again in the same way is not
 * tried: rows and code do not change by waiting.
 */
export function judge(event: WatchEvent, standing: Standing): Verdict {
  const { adjust } = standing;
  switch (event.kind) {
    case 'done':
      return { next: 'collect' };
    case 'stopped':
      return again(adjust, waitOf(standing.fruitless));
    case 'limit':
      return event.limit === 'timeLimit'
        ? again(adjust)
        : { next: 'hold', why: 'its budget is used up; approve to let it use as much again', adjust };
    case 'unknown':
      return { next: 'hold', why: `its launcher tells a state that is not known, "${event.native}"`, adjust };
    case 'rule':
      return byRule(event.fired, standing);
    case 'failed':
      return byClass(event, standing);
    case 'progress':
      return again(adjust);
  }
}

function byRule({ action, why }: { action: RuleAction; why: string }, { tries, retries, adjust }: Standing): Verdict {
  switch (action) {
    case 'hold':
      return { next: 'hold', why, adjust };
    case 'stop':
      return again({ ...adjust, finish: true });
    case 'retry':
    case 'lowerRate': {
      const changed = action === 'lowerRate' ? lowered(adjust) : adjust;
      if (tries.numeric <= retries.numeric) return again(changed);
      return { next: 'hold', why: `${why}, again after ${retries.numeric} attempts to go on`, adjust: changed };
    }
  }
}

function byClass({ failure, log }: Extract<WatchEvent, { kind: 'failed' }>, standing: Standing): Verdict {
  const { tries, retries, adjust, microBatchSize, fruitless } = standing;
  const fail: Verdict = { next: 'fail', class: failure.class, why: failure.why, log };
  switch (failure.class) {
    case 'infrastructure':
      return tries.infrastructure <= retries.infrastructure ? again(adjust, waitOf(fruitless)) : fail;
    case 'memory': {
      const canHalve = microBatchSize / 2 ** (adjust.halvings + 1) >= 1;
      return tries.memory <= retries.memory && canHalve ? again({ ...adjust, halvings: adjust.halvings + 1 }) : fail;
    }
    case 'numeric':
      if (tries.numeric <= retries.numeric) return again(lowered(adjust));
      return {
        next: 'hold',
        why: `${failure.why}, again after ${retries.numeric} attempts to go on`,
        adjust: lowered(adjust),
      };
    case 'data':
    case 'user':
      return fail;
  }
}

const lowered = (adjust: Adjustments): Adjustments => ({ ...adjust, rateFactor: adjust.rateFactor * LOWER });

/** At once the first time: a rank that was killed is no sign of a cluster in trouble. */
const waitOf = (fruitless: number): number =>
  fruitless === 0 ? 0 : Math.min(FIRST_WAIT_SECONDS * 2 ** (fruitless - 1), LONGEST_WAIT_SECONDS);
