import type { Stratum } from './effect';
import { judgeMetric, type MetricFinding, type MetricRule } from './judge-metric';
import { type Assigned, evidenceOfMismatch } from './sample-ratio';

export interface RolloutStep {
  /** Share of users who get the new strategy, above 0 and at most 1. */
  share: number;
  /** Relative loss that must be ruled out before the next step. Wide at the first, where few users can tell little. */
  margin: number;
}

export interface RolloutPlan {
  steps: readonly RolloutStep[];
  metrics: readonly MetricRule[];
  /** How often a harmless change may be rolled back, and one that loses more than a margin may go on: each at most so often. */
  alpha: number;
  /** How often a correct split may be taken for a wrong one. */
  mismatchAlpha: number;
  /** Weight of users at which the tests are sharpest; `usersNeeded` says how many a margin takes. */
  planned: number;
  /** Users of the canary whose window is over before anything is concluded: below it, estimated variances mislead. */
  minimumUsers: number;
  /** Hours of a step before it may go on, such as whole days, so that it has seen every hour of one. */
  minimumHours: number;
  /** Hours of a step after which it waits for a person instead. */
  maximumHours: number;
  /** Hours until the value of a user is complete: the window within which conversions count. */
  lagHours: number;
}

export interface RolloutState {
  /** Place of the current step. */
  step: number;
  /** Hours since it began. */
  hours: number;
}

/** All that was seen since the rollout began. */
export interface RolloutWindow {
  assigned: readonly Assigned[];
  /** By metric: only users whose window is over. Strata of all steps. */
  strata: Readonly<Record<string, readonly Stratum[]>>;
}

export interface StepDecision {
  action: 'next' | 'wait' | 'rollback' | 'hold';
  /** Why, for a person. */
  reasons: string[];
  metrics: MetricFinding[];
}

/**
 * What a rollout does now. A metric that is worse rolls it back, at any look; a split that is not the intended one holds it, since nothing that is
 * measured then means anything; it goes on where every metric has ruled out the margin of the step, after the hours that a step lasts
 * at least; it holds where that took too long, and else waits. Going on from the last step means that the rollout is done.
 *
 * Pure, but of floating point: call it from an activity, so that an open rollout replays with what was decided, not with what this
 * function says after a change.
 * @throws `RangeError` for a step that the plan has not.
 */
export function decideStep(plan: RolloutPlan, { step, hours }: RolloutState, seen: RolloutWindow): StepDecision {
  const current = plan.steps[step];
  if (!current) throw new RangeError(`The plan has ${plan.steps.length} steps, and none is number ${step + 1}.`);
  // Any one metric may roll it back; only all of them together let it go on.
  const sequential = { alpha: plan.alpha / Math.max(1, plan.metrics.length), planned: plan.planned };
  const metrics = plan.metrics.map((rule) =>
    judgeMetric(seen.strata[rule.name] ?? [], rule, current.margin, sequential),
  );
  const decision = (action: StepDecision['action'], reasons: string[]): StepDecision => ({ action, reasons, metrics });

  const mismatch = evidenceOfMismatch(seen.assigned);
  if (mismatch >= -Math.log(plan.mismatchAlpha)) {
    return decision('hold', [`users are not split as intended: ${splits(seen.assigned)}`]);
  }
  const late = hours >= plan.maximumHours;
  // A metric that has seen few users yet hides no harm in another.
  const bad = metrics.filter(({ name, outcome }) => outcome === 'bad' && usersOf(seen, name) >= plan.minimumUsers);
  if (bad.length > 0) return decision('rollback', saying(bad));
  const users = fewest(plan, seen);
  if (users < plan.minimumUsers) {
    const reason = `${users} users of the canary have been seen to the end, of ${plan.minimumUsers} that it takes`;
    return late ? decision('hold', [`${reason}, after ${hours} hours`]) : decision('wait', [reason]);
  }

  const needed = plan.minimumHours + plan.lagHours;
  if (hours < needed) return decision('wait', [`${hours} hours of this step have passed, of ${needed} that it takes`]);
  const unclear = metrics.filter(({ outcome }) => outcome === 'unclear');
  if (unclear.length === 0) return decision('next', saying(metrics));
  return decision(late ? 'hold' : 'wait', saying(unclear));
}

const saying = (findings: readonly MetricFinding[]): string[] => findings.map(({ says }) => says);

/** Users of the canary in the metric that has seen the fewest. */
const fewest = (plan: RolloutPlan, seen: RolloutWindow): number =>
  plan.metrics.length === 0 ? 0 : Math.min(...plan.metrics.map(({ name }) => usersOf(seen, name)));

const usersOf = ({ strata }: RolloutWindow, name: string): number =>
  (strata[name] ?? []).reduce((sum, { canary }) => sum + canary.users, 0);

function splits(assigned: readonly Assigned[]): string {
  const byShare = new Map<number, { canary: number; all: number }>();
  for (const { share, control, canary } of assigned) {
    const { canary: before, all } = byShare.get(share) ?? { canary: 0, all: 0 };
    byShare.set(share, { canary: before + canary, all: all + control + canary });
  }
  return [...byShare]
    .map(([share, { canary, all }]) => `${canary} of ${all} in the canary, where ${share} were to be`)
    .join('; ');
}
