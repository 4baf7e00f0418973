import type { RolloutStrategyInput, RolloutStrategyOutput } from '../../schemas/rollout-strategy';
import { usersNeeded } from '../evaluation/statistics/sample-size';

/** What a metric of the live strategy is like. */
export interface Baseline {
  /** Users an hour, by first exposure. */
  usersAnHour: number;
  mean: number;
  /** Of one user's value. */
  deviation: number;
}

/** An always-valid test takes about twice the users of one that looks once (docs/rollout.md). */
const LOOKS_OFTEN = 2;

/**
 * Users and hours that a rollout of a harmless strategy takes, step by step: what rules out the margin of the most demanding metric, the
 * users of the canary that it takes at least, and the hours of a step with its lag. Users of earlier steps count later as well, so it
 * may be sooner; a change that gains is sooner too, and one that loses a little later. Without a baseline, the hours that it takes at least.
 */
export function estimate(
  input: Pick<
    RolloutStrategyInput,
    'steps' | 'metrics' | 'alpha' | 'minimumHours' | 'lagHours' | 'lookHours' | 'minimumUsers'
  >,
  baselines: Readonly<Record<string, Baseline | undefined>>,
): NonNullable<RolloutStrategyOutput['plan']> {
  const { metrics, minimumHours, lagHours, lookHours, minimumUsers } = input;
  const alpha = input.alpha / Math.max(1, metrics.length);
  const steps = input.steps.map(({ share, margin }) => {
    const needs = metrics.flatMap(({ name, leniency }) => {
      const baseline = baselines[name];
      if (!baseline || baseline.mean === 0 || baseline.usersAnHour <= 0) return [];
      const { mean, deviation, usersAnHour } = baseline;
      const once = usersNeeded({ deviation, difference: Math.abs(mean) * margin * leniency, share }, { alpha });
      const users = Math.ceil(Math.max(LOOKS_OFTEN * once, minimumUsers / share));
      return [{ users, hours: users / usersAnHour }];
    });
    const users = Math.max(Math.ceil(minimumUsers / share), ...needs.map((need) => need.users));
    const hours = Math.max(minimumHours, ...needs.map((need) => need.hours)) + lagHours;
    // It is decided at a look.
    return { share, margin, users, hours: Math.ceil(hours / lookHours) * lookHours };
  });
  return {
    hours: steps.reduce((sum, step) => sum + step.hours, 0),
    users: steps.reduce((sum, step) => sum + step.users, 0),
    steps,
  };
}
