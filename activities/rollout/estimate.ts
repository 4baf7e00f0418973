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
 * Users, of both arms, and hours that a rollout of a harmless strategy takes, step by step: what rules out the margin of the metric that
 * needs most, beside what earlier steps have shown, the users of the canary that it takes at least, and the hours of a step with its
 * lag. A change that gains is sooner done, one that loses a little later. Without a baseline, the least that it can be.
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
  const known = metrics.flatMap(({ name, leniency }) => {
    const baseline = baselines[name];
    return baseline && baseline.mean !== 0 && baseline.usersAnHour > 0 ? [{ ...baseline, leniency, seen: 0 }] : [];
  });
  const steps = input.steps.map(({ share, margin }) => {
    // Users tell as much as an experiment whose halves are as large: share (1 - share) of them.
    const told = share * (1 - share);
    const needs = known.map(({ mean, deviation, leniency, usersAnHour, seen }) => {
      const difference = Math.abs(mean) * margin * leniency;
      const once = usersNeeded({ deviation, difference, share }, { alpha });
      const users = Math.ceil(Math.max(LOOKS_OFTEN * once - seen / told, minimumUsers / share));
      return { users, hours: users / usersAnHour };
    });
    const users = Math.max(Math.ceil(minimumUsers / share), ...needs.map((need) => need.users));
    const hours = Math.max(minimumHours, ...needs.map((need) => need.hours)) + lagHours;
    // It is decided at a look.
    const whole = Math.ceil(hours / lookHours) * lookHours;
    for (const metric of known) metric.seen += whole * metric.usersAnHour * told;
    return { share, margin, users, hours: whole };
  });
  return {
    hours: steps.reduce((sum, step) => sum + step.hours, 0),
    users: steps.reduce((sum, step) => sum + step.users, 0),
    steps,
  };
}
