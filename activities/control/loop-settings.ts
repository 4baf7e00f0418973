import type { ControlMetricInput } from '../../schemas/control-metric';
import { type ControllerSettings, tune } from '../rollout/controller';
import type { Span } from './read-window';

/** What of an input a step depends on. */
export type LoopInput = Pick<
  ControlMetricInput,
  | 'loop'
  | 'periodSeconds'
  | 'windowPeriods'
  | 'lagPeriods'
  | 'settlePeriods'
  | 'inertiaPeriods'
  | 'maxStep'
  | 'minimumCount'
  | 'freshSeconds'
>;

/** Share of its range that a knob moves by in a period at most, unless the input says so. */
const STEP = 0.1;

/** The controller that an input asks for. */
export function controllerOf(input: LoopInput): ControllerSettings {
  const { target, gain, low, high } = input.loop;
  return {
    ...{ target, gain, low, high },
    maxStep: input.maxStep ?? (high - low) * STEP,
    lag: input.lagPeriods,
    window: input.windowPeriods,
    inertia: input.inertiaPeriods,
    ...tune({ gain, periods: input.settlePeriods, timeConstant: input.inertiaPeriods }),
  };
}

/** The window of a look that was due at `at`, in milliseconds. */
export function windowAt(input: LoopInput, at: number): Span {
  const period = input.periodSeconds * 1_000;
  const until = at - input.lagPeriods * period;
  return { from: until - input.windowPeriods * period, until };
}

/** What makes a window count. */
export const needs = ({ minimumCount, freshSeconds, windowPeriods, periodSeconds }: LoopInput) => ({
  minimumCount,
  freshMs: (freshSeconds ?? windowPeriods * periodSeconds) * 1_000,
});
