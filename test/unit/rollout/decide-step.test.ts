import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../activities/kit/random';
import { decideStep, type RolloutWindow } from '../../../activities/rollout/decide-step';
import type { Arm, Stratum } from '../../../activities/rollout/effect';
import { judgeMetric } from '../../../activities/rollout/judge-metric';
import { PLAN, simulateRollout } from '../../support/simulated-service';

const arm = (users: number, mean: number): Arm => ({ users, mean, variance: mean });

/** What is seen of so many users of the canary at 5%, whose metrics are changed by these factors. */
function seen(canary: number, { conversions = 1, failures = 1, assigned = canary } = {}): RolloutWindow {
  const strata = (mean: number, factor: number): Stratum[] => [
    { control: arm(canary * 19, mean), canary: arm(canary, mean * factor) },
  ];
  return {
    assigned: [{ share: 0.05, control: canary * 19, canary: assigned }],
    strata: { conversions: strata(0.3, conversions), failures: strata(0.06, failures) },
  };
}
const at = (hours: number) => ({ step: 1, hours });

describe('a step', () => {
  it('goes on once every metric has ruled out the margin', () => {
    const { action, reasons } = decideStep(PLAN, at(60), seen(400_000));
    expect(action).toBe('next');
    expect(reasons[0]).toMatch(/^conversions is worse by no more than 3%: \+0\.0% \(-1\.\d% to \+1\.\d%\)$/);
    expect(reasons[1]).toMatch(/^failures is worse by no more than 9%/);
  });

  it('waits for its hours and its lag, for users, and for certainty, and says which', () => {
    expect(decideStep(PLAN, at(47), seen(400_000))).toMatchObject({
      action: 'wait',
      reasons: ['47 hours of this step have passed, of 48 that it takes'],
    });
    const few = decideStep(PLAN, at(60), seen(500, { conversions: 0.2 }));
    expect(few).toMatchObject({
      action: 'wait',
      reasons: ['500 users of the canary have been seen to the end, of 2000 that it takes'],
    });
    const unsure = decideStep(PLAN, at(60), seen(20_000));
    expect(unsure.action).toBe('wait');
    expect(unsure.reasons[0]).toMatch(/^conversions is not sure to be worse by no more than 3%/);
  });

  it('holds where any of that takes too long', () => {
    for (const users of [500, 20_000]) expect(decideStep(PLAN, at(504), seen(users)).action).toBe('hold');
  });

  it('rolls back at once where the metric or a guardrail is worse, whichever way is worse for it', () => {
    for (const change of [{ conversions: 0.95 }, { failures: 1.2 }]) {
      const { action, reasons } = decideStep(PLAN, at(6), seen(400_000, change));
      expect(action).toBe('rollback');
      expect(reasons).toEqual([expect.stringMatching(/ is worse: /)]);
    }
    for (const change of [{ conversions: 1.05 }, { failures: 0.8 }]) {
      expect(decideStep(PLAN, at(60), seen(400_000, change)).action).toBe('next');
    }
  });

  it('holds where users are not split as intended, whatever the metrics say', () => {
    const { action, reasons } = decideStep(PLAN, at(60), seen(400_000, { conversions: 0.5, assigned: 380_000 }));
    expect(action).toBe('hold');
    expect(reasons[0]).toBe('users are not split as intended: 380000 of 7980000 in the canary, where 0.05 were to be');
  });

  it('rolls back for a metric that is worse where another has seen few users yet', () => {
    const window = seen(400_000, { conversions: 0.9 });
    const late = { ...window, strata: { ...window.strata, failures: [] } };
    expect(decideStep(PLAN, at(6), late)).toMatchObject({
      action: 'rollback',
      reasons: [expect.stringMatching(/^conversions is worse/)],
    });
  });

  it('that the plan has not is refused', () => {
    expect(() => decideStep(PLAN, { step: 9, hours: 0 }, seen(1))).toThrow(RangeError);
  });
});

describe('a metric', () => {
  const SEQUENTIAL = { alpha: 0.01, planned: 50_000 };

  it('may lose what is tolerated, and no more', () => {
    const strata = seen(400_000, { conversions: 0.97 }).strata.conversions ?? [];
    const judged = (tolerated: number) =>
      judgeMetric(strata, { name: 'conversions', better: 'higher', tolerated }, 0.05, SEQUENTIAL);
    expect(judged(0).outcome).toBe('bad');
    expect(judged(0.05).outcome).toBe('good');
    expect(judged(0.015).says).toMatch(/^conversions is worse by more than 1\.5%: -3\.0%/);
  });

  it('of nobody is unclear', () => {
    const { outcome, says } = judgeMetric([], { name: 'clicks', better: 'higher' }, 0.05, SEQUENTIAL);
    expect([outcome, says]).toEqual(['unclear', 'clicks is not sure to be worse by no more than 5%: no user yet']);
  });
});

describe('a simulated rollout', () => {
  const run = (truth: Parameters<typeof simulateRollout>[1]) =>
    Array.from({ length: 40 }, (_, seed) =>
      simulateRollout(PLAN, truth, { usersADay: 400_000, random: mulberry32(1_000 + seed) }),
    );

  it('of a harmful change is rolled back before a tenth of the users get it', () => {
    for (const { end, exposure } of run({ conversions: -0.05, failures: 0 })) {
      expect([end, exposure < 0.1]).toEqual(['rollback', true]);
    }
  });

  it('of a harmless change is done', () => {
    // One may be rolled back: 1% of them are, at the most.
    expect(run({ conversions: 0, failures: 0 }).filter(({ end }) => end === 'done').length).toBeGreaterThanOrEqual(39);
  });

  it('that loses users of the canary is held', () => {
    for (const { end } of run({ conversions: 0, failures: 0, lost: 0.03 })) expect(end).toBe('hold');
  });
});
