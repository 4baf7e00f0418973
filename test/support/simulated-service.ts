/**
 * A recommendation service whose truth is known. Users come by the hour, more by day than by night; each makes some requests,
 * each of which may convert or fail; how apt a user is to convert differs from user to user, so requests of one hang together; conversions
 * come late, and count within a day. The canary changes both chances by a factor.
 */
import { normal } from './simulated-values';
import type { Arm, Stratum } from '../../activities/rollout/effect';
import { decideStep, type RolloutPlan, type StepDecision } from '../../activities/rollout/decide-step';
import type { Assigned } from '../../activities/rollout/sample-ratio';

export interface Truth {
  /** Relative change of the chance to convert, such as -0.05. */
  conversions: number;
  /** Relative change of the chance to fail. */
  failures: number;
  /** Share of the canary's users who are lost before they are counted. */
  lost?: number;
}

/** Hours until a conversion no longer counts; 86% have come by then. */
export const WINDOW = 24;
const ARRIVED = 1 - Math.exp(-2);
/** Requests of a user: 1 with a chance of 1 / 3, and so on (geometric). */
const MORE = 2 / 3;
const [REQUESTS, SQUARED_REQUESTS] = [1 / (1 - MORE), (1 + MORE) / (1 - MORE) ** 2];
/** How far users differ in how apt they are: the deviation of the logarithm. */
const APTNESS = 0.5;
const FAILURES = 0.02;

/** A wave of a day around 1. */
const wave = (hour: number, height: number, peak: number): number =>
  1 + height * Math.cos((2 * Math.PI * (hour - peak)) / 24);
/** The mean chance of a request to convert: higher in the evening, and drifting down over weeks. */
const chanceAt = (hour: number): number => 0.1 * wave(hour, 0.2, 20) * (1 - hour / 24 / 200);

/** Mean and variance of what a user counts whose requests each hit with a chance that is spread log-normally around `chance`. */
function moments(chance: number, spread: number): { mean: number; variance: number } {
  const square = chance ** 2 * Math.exp(spread ** 2);
  const mean = REQUESTS * chance;
  return { mean, variance: REQUESTS * (chance - square) + SQUARED_REQUESTS * square - mean ** 2 };
}

/** More users than this are drawn by the normal distribution of their sum, which has the exact mean and variance. */
const ONE_BY_ONE = 500;

function arm(users: number, chance: number, spread: number, random: () => number): Arm {
  const { mean, variance } = moments(chance, spread);
  if (users === 0) return { users, mean: 0, variance: 0 };
  if (users > ONE_BY_ONE) return { users, mean: mean + Math.sqrt(variance / users) * normal(random), variance };
  let [sum, squares] = [0, 0];
  for (let user = 0; user < users; user += 1) {
    const own = spread === 0 ? chance : Math.min(1, chance * Math.exp(spread * normal(random) - spread ** 2 / 2));
    let hits = 0;
    do if (random() < own) hits += 1;
    while (random() < MORE);
    sum += hits;
    squares += hits ** 2;
  }
  return { users, mean: sum / users, variance: users < 2 ? 0 : (squares - sum ** 2 / users) / (users - 1) };
}

/** Users who came in an hour, the share of them in the canary, and what they will have counted once their window is over. */
export interface Hour {
  assigned: Assigned;
  conversions: Stratum;
  failures: Stratum;
}

export function hourOf(hour: number, share: number, usersADay: number, truth: Truth, random: () => number): Hour {
  const expected = (usersADay / 24) * wave(hour, 0.6, 20);
  const count = (mean: number) => Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const canary = count(expected * share * (1 - (truth.lost ?? 0)));
  const control = count(expected * (1 - share));
  const both = (chance: number, change: number, spread: number): Stratum => ({
    control: arm(control, chance, spread, random),
    canary: arm(canary, chance * (1 + change), spread, random),
  });
  return {
    assigned: { share, control, canary },
    conversions: both(chanceAt(hour) * ARRIVED, truth.conversions, APTNESS),
    failures: both(FAILURES, truth.failures, 0),
  };
}

/** Strata of four hours and one split: a decision need not look at hundreds, and in four hours the chances hardly change. */
function everyFourHours(strata: readonly Stratum[], shares: readonly number[]): Stratum[] {
  const joined: Stratum[] = [];
  let last = '';
  for (const [hour, stratum] of strata.entries()) {
    const key = `${Math.floor(hour / 4)} ${shares[hour]}`;
    const before = key === last ? joined.pop() : undefined;
    last = key;
    joined.push(
      before
        ? { control: join(before.control, stratum.control), canary: join(before.canary, stratum.canary) }
        : stratum,
    );
  }
  return joined;
}

function join(a: Arm, b: Arm): Arm {
  const users = a.users + b.users;
  if (users < 2) return { users, mean: users === 0 ? 0 : (a.users * a.mean + b.users * b.mean) / users, variance: 0 };
  const mean = (a.users * a.mean + b.users * b.mean) / users;
  const squares = [a, b].reduce(
    (sum, part) => sum + Math.max(0, part.users - 1) * part.variance + part.users * (part.mean - mean) ** 2,
    0,
  );
  return { users, mean, variance: squares / (users - 1) };
}

export interface SimulatedRollout {
  end: StepDecision['action'] | 'done';
  /** Highest share of users who got the new strategy. */
  exposure: number;
  hours: number;
  reasons: string[];
}

/** A rollout from its first step to its end; decided anew every six hours. A hold ends it too: nobody is there to answer. */
export function simulateRollout(
  plan: RolloutPlan,
  truth: Truth,
  { usersADay, random }: { usersADay: number; random: () => number },
): SimulatedRollout {
  const hours: Hour[] = [];
  const shares: number[] = [];
  let [step, began] = [0, 0];
  for (;;) {
    const share = plan.steps[step]?.share ?? 1;
    for (let more = 0; more < 6; more += 1) {
      hours.push(hourOf(hours.length, share, usersADay, truth, random));
      shares.push(share);
    }
    const over = hours.slice(0, Math.max(0, hours.length - WINDOW));
    const strata = {
      conversions: everyFourHours(
        over.map(({ conversions }) => conversions),
        shares,
      ),
      failures: everyFourHours(
        over.map(({ failures }) => failures),
        shares,
      ),
    };
    const assigned = hours.map(({ assigned: counts }) => counts);
    const { action, reasons } = decideStep(plan, { step, hours: hours.length - began }, { assigned, strata });
    if (action === 'wait') continue;
    const exposure = Math.max(...shares);
    if (action !== 'next') return { end: action, exposure, hours: hours.length, reasons };
    step += 1;
    began = hours.length;
    // With everybody in the canary there is nothing left to compare with.
    if ((plan.steps[step]?.share ?? 1) >= 1) return { end: 'done', exposure: 1, hours: hours.length, reasons };
  }
}

/** The plan of the bench and the tests. */
export const PLAN: RolloutPlan = {
  steps: [
    { share: 0.01, margin: 0.3 },
    { share: 0.05, margin: 0.03 },
    { share: 0.1, margin: 0.03 },
    { share: 0.25, margin: 0.02 },
    { share: 0.5, margin: 0.02 },
    { share: 1, margin: 0.02 },
  ],
  metrics: [
    { name: 'conversions', better: 'higher' },
    { name: 'failures', better: 'lower', leniency: 3 },
  ],
  alpha: 0.01,
  mismatchAlpha: 0.001,
  planned: 60_000,
  minimumUsers: 2_000,
  minimumHours: 24,
  maximumHours: 24 * 21,
  lagHours: WINDOW,
};
