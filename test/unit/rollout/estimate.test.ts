import { describe, expect, it } from 'vitest';
import { estimate } from '../../../activities/rollout/estimate';
import { readBaseline } from '../../../activities/rollout/metric-rows';
import { rolloutStrategyStage } from '../../../schemas/rollout-strategy';

const input = rolloutStrategyStage.input.parse({
  strategy: {},
  metrics: [{ name: 'clicks' }, { name: 'failures', better: 'lower', leniency: 3 }],
});
/** 400,000 users a day, as in bench/rollout.ts. */
const clicks = { usersAnHour: 400_000 / 24, mean: 0.26, deviation: 0.65 };
const failures = { usersAnHour: 400_000 / 24, mean: 0.06, deviation: 0.27 };

describe('what a rollout takes', () => {
  it('is more the fewer users come, and never less than the hours of its steps', () => {
    const many = estimate(input, { clicks, failures });
    expect(many.steps).toHaveLength(5);
    for (const { hours } of many.steps) expect(hours).toBeGreaterThanOrEqual(48);
    // The median of the simulated rollouts is 12 days.
    expect(many.hours / 24).toBeGreaterThan(9);
    expect(many.hours / 24).toBeLessThan(24);
    const few = estimate(input, { clicks: { ...clicks, usersAnHour: clicks.usersAnHour / 10 }, failures });
    expect(few.hours).toBeGreaterThan(4 * many.hours);
  });

  it('goes by the metric that needs the most users', () => {
    const noisy = { ...failures, deviation: 2 };
    expect(estimate(input, { clicks, failures: noisy }).users).toBeGreaterThan(
      estimate(input, { clicks, failures }).users,
    );
    expect(estimate(input, { clicks }).users).toBeLessThanOrEqual(estimate(input, { clicks, failures }).users);
  });

  it('is the least hours and users where nothing is known', () => {
    const least = estimate(input, {});
    expect(least.hours).toBe(5 * 48);
    expect(least.steps[0]).toMatchObject({ share: 0.01, users: 200_000 });
  });
});

describe('a baseline', () => {
  const until = new Date('2026-11-26T00:00:00Z');
  const row = (hoursBefore: number, more: object = {}) => ({
    at: new Date(until.getTime() - hoursBefore * 3_600_000).toISOString(),
    ...{ sequence: 1, arm: 'control', users: 100, sum: 20, squares: 20 },
    ...more,
  });

  it('is of users of the live strategy whose values are complete', () => {
    const rows = [row(10), row(5), row(3, { arm: 'canary', sum: 100, squares: 100 }), row(-1, { sum: 0, squares: 0 })];
    const found = readBaseline('metrics.clicks', rows, until);
    expect(found).toMatchObject({ usersAnHour: 20, mean: 0.2 });
    expect(found?.deviation).toBeCloseTo(0.4, 2);
  });

  it('is not there where there are too few', () => {
    expect(readBaseline('metrics.clicks', [row(5, { users: 99, sum: 9, squares: 9 })], until)).toBeUndefined();
    expect(readBaseline('metrics.clicks', [], until)).toBeUndefined();
  });
});
