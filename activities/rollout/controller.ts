/** A knob that moves an online metric: a share of traffic, a weight, a bid. */
export interface ControllerSettings {
  /** Where the metric is to be. */
  target: number;
  /** How far the metric moves for each unit of the knob, with its sign: the slope, roughly. It may be wrong by a factor of two. */
  gain: number;
  /** The knob stays within these. */
  low: number;
  high: number;
  /** How far the knob may move in one period. */
  maxStep: number;
  /** Whole periods until the metric of a period is complete: a move of the knob shows so much later than it works. */
  lag: number;
  /** Periods that the metric is the mean of; 1 when left out. */
  window?: number;
  /** Periods in which the metric goes 63% of its way after a move; 0, as when left out, where it follows at once. */
  inertia?: number;
  /** Share of the error, in units of the knob, that is answered at once: Kp. */
  proportional: number;
  /** The same that is added in each period while the error lasts: Ki. */
  integral: number;
}

export interface ControllerState {
  knob: number;
  /** The knob as the metric follows it: the knob itself where there is no inertia. */
  followed: number;
  /** The same in the last periods that the metric does not show in full: those of the lag and the window, the oldest first. */
  past: readonly number[];
  /** The error at the last period; null before the first. */
  error: number | null;
}

export const startController = (
  knob: number,
  { lag, window = 1 }: Pick<ControllerSettings, 'lag' | 'window'>,
): ControllerState => ({
  knob,
  followed: knob,
  past: Array.from({ length: lag + window - 1 }, () => knob),
  error: null,
});

/**
 * Kp and Ki by the rule of lambda (Dahlin 1968; Skogestad, "Simple analytic rules", Journal of Process Control 2003): the metric goes 95%
 * of the way to the target within `periods` after its lag. `timeConstant` is the time, in periods, in which the metric itself goes 63% of its way
 * after a move; 0 where it follows at once.
 */
export function tune({
  gain,
  periods,
  timeConstant = 0,
}: {
  gain: number;
  periods: number;
  timeConstant?: number;
}): Pick<ControllerSettings, 'proportional' | 'integral'> {
  const integral = (1 - Math.exp(-3 / periods)) / gain;
  return { integral, proportional: integral * timeConstant };
}

/**
 * The knob for the next period, from the metric of the last one (null: there was none, and the knob stays).
 *
 * A PI controller in its velocity form: what is summed up is the knob itself, so a knob at its end or held back by its rate
 * winds nothing up (Åström, Hägglund, "Advanced PID Control", 2006). Moves that have not shown yet are added to the metric as
 * they will show by the gain and the inertia (Smith's predictor, 1957), so that it does not turn the knob again for an error that is already answered.
 */
export function control(settings: ControllerSettings, state: ControllerState, metric: number | null): ControllerState {
  const { target, gain, low, high, maxStep, proportional, integral, window = 1, inertia = 0 } = settings;
  const share = inertia === 0 ? 1 : 1 - Math.exp(-1 / inertia);
  const followed = state.followed + share * (state.knob - state.followed);
  const past = [...state.past, followed];
  const shown = past.slice(0, window).reduce((sum, value) => sum + value, 0) / window;
  const rest = past.slice(1);
  if (metric === null || !Number.isFinite(metric)) return { ...state, followed, past: rest };
  const expected = metric + gain * (followed - shown);
  const error = target - expected;
  const wanted = proportional * (error - (state.error ?? error)) + integral * error;
  const knob = clamp(state.knob + clamp(wanted, -maxStep, maxStep), low, high);
  return { knob, followed, past: rest, error };
}

const clamp = (value: number, low: number, high: number): number => Math.min(high, Math.max(low, value));
