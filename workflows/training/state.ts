import type { BegunAttempt } from '../../activities/training/attempt';
import type { PlannedTraining } from '../../activities/training/plan';
import type { WatchCursor } from '../../activities/training/watch';
import type { TrainingBudget } from '../../schemas/training-run';
import { NO_TRIES, type Standing, type Tries } from './policy';
import { type Account, NEW_ACCOUNT } from './usage';

/** What continue-as-new must not forget of a training. */
export interface TrainState {
  adjust: Standing['adjust'];
  tries: Tries;
  fruitless: number;
  account: Account;
  /** The attempt that may be running; null between two. */
  live: BegunAttempt | null;
  /** Where the watch stands: of the live attempt, or where the last one ended. */
  cursor: WatchCursor | null;
  isNewCursor: boolean;
  /** Checkpoints from this step on are of no use. */
  badSince: number | null;
  /** How often the budget was granted. */
  budgets: number;
}

export const NEW_TRAINING: TrainState = {
  adjust: { rateFactor: 1, halvings: 0, finish: false },
  tries: NO_TRIES,
  fruitless: 0,
  account: NEW_ACCOUNT,
  live: null,
  cursor: null,
  isNewCursor: true,
  badSince: null,
  budgets: 1,
};

/** Seconds that the live attempt has run. */
export function ranSeconds({ cursor, isNewCursor }: TrainState): number {
  if (isNewCursor || !cursor?.runningAt) return 0;
  const { runningAt, suspendedAt, suspendedSeconds = 0 } = cursor;
  // While its cluster suspends it, others have its devices.
  return Math.max(0, (suspendedAt ?? Date.now() / 1_000) - runningAt - suspendedSeconds);
}

/** Seconds by the clock that are left of the budget; null where there is none. */
export function budgetLeft(
  state: TrainState,
  { hours, cost }: Pick<TrainingBudget, 'hours' | 'cost'>,
  { devices, pricePerHour }: Pick<PlannedTraining, 'devices' | 'pricePerHour'>,
): number | null {
  const { account, budgets } = state;
  const limits = [
    hours === undefined ? Infinity : (hours * 3_600 * budgets) / devices,
    cost === undefined || pricePerHour === 0 ? Infinity : (cost * 3_600 * budgets) / pricePerHour,
  ];
  const limit = Math.min(...limits);
  return Number.isFinite(limit) ? limit - account.seconds / devices - ranSeconds(state) : null;
}
