import { CancellationScope, condition } from '@temporalio/workflow';

/** A phase of many units of work, of which only a window is in flight. */
export interface UnitsOptions<R, A> {
  /** Number of units; they are 0 … total - 1 and start in that order. */
  total: number;
  /** First unit to start; those before it are done. */
  from: number;
  /** Totals so far. */
  totals: A;
  /** Does one unit. The promise of an activity. */
  start(unit: number): Promise<R>;
  /** Adds a unit's result to the totals. Units finish in any order, so it must not depend on it. */
  fold(totals: A, result: R): A;
  /** Whether one more unit may start beside `inFlight` others; asked again after every message. */
  mayStart(inFlight: number): boolean;
  /** Whether to stop here for continue-as-new; asked before each start. */
  mustStop(): boolean;
  onDone(totals: A): void;
}

/** Where the window stood when it stopped: `next === total` when all is done. */
export interface UnitsResult<A> {
  next: number;
  totals: A;
}

/**
 * Runs units through a sliding window until all are done or `mustStop` says so, and returns with none in flight.
 * The first failure cancels the others and is thrown after they have ended; a cancellation likewise, so that a
 * caller's cleanup never races with a unit.
 */
export async function runUnits<R, A>(options: UnitsOptions<R, A>): Promise<UnitsResult<A>> {
  let { from: next, totals } = options;
  let inFlight = 0;
  let failed: { error: unknown } | undefined;
  const window = new CancellationScope();

  const launch = (unit: number): void => {
    inFlight += 1;
    void options
      .start(unit)
      .then(
        (result) => {
          totals = options.fold(totals, result);
          options.onDone(totals);
        },
        (error: unknown) => {
          failed ??= { error };
          window.cancel();
        },
      )
      .finally(() => (inFlight -= 1));
  };

  try {
    await window.run(async () => {
      while (next < options.total && !options.mustStop()) {
        await condition(() => options.mayStart(inFlight));
        launch(next++);
      }
      await condition(() => inFlight === 0);
    });
  } catch (error) {
    // A failed unit cancels the window, which then reports its own cancellation: the first cause counts.
    failed ??= { error };
  }
  await CancellationScope.nonCancellable(() => condition(() => inFlight === 0));
  if (failed) throw failed.error;
  return { next, totals };
}
