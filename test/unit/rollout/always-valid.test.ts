import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../activities/kit/random';
import { confidenceSequence, evidenceAbove, type Sequential } from '../../../activities/rollout/always-valid';
import { type Arm, contrast, type Stratum } from '../../../activities/rollout/effect';
import { evidenceOfMismatch, logGamma } from '../../../activities/rollout/sample-ratio';
import { normal } from '../../support/simulated-values';

const SEQUENTIAL: Sequential = { alpha: 0.025, planned: 5_000 };

/** Looks at a mean of normal values while users come in, from 100 to 50,000, closer together at first. */
function* looks(random: () => number, truth = 0) {
  let [sum, users] = [0, 0];
  for (const until of Array.from({ length: 60 }, (_, at) => Math.round(100 * 500 ** (at / 59)))) {
    sum += truth * (until - users) + Math.sqrt(until - users) * normal(random);
    users = until;
    yield { estimate: sum / users, error: 1 / Math.sqrt(users), weight: users };
  }
}

describe('a confidence sequence', () => {
  it('holds the truth at all looks together, where an interval for one look does not', () => {
    const random = mulberry32(4);
    const runs = 600;
    let [missed, naive] = [0, 0];
    for (let run = 0; run < runs; run += 1) {
      const seen = [...looks(random)];
      const sequences = seen.map((effect) => confidenceSequence(effect, SEQUENTIAL));
      if (sequences.some(({ low, high }) => low > 0 || high < 0)) missed += 1;
      if (seen.some(({ estimate, error }) => Math.abs(estimate / error) > 1.96)) naive += 1;
    }
    // 5%, and three standard errors.
    expect(missed / runs).toBeLessThan(0.05 + 0.027);
    expect(missed).toBeGreaterThan(0);
    expect(naive / runs).toBeGreaterThan(0.3);
  });

  it('leaves 0 out sooner or later where there is an effect', () => {
    const random = mulberry32(5);
    for (let run = 0; run < 50; run += 1) {
      const found = [...looks(random, 0.05)].some((effect) => confidenceSequence(effect, SEQUENTIAL).low > 0);
      expect(found).toBe(true);
    }
  });

  it('leaves a value out exactly where the evidence against it is enough', () => {
    const effect = fc.record({
      estimate: fc.double({ min: -1, max: 1, noNaN: true }),
      error: fc.double({ min: 0.001, max: 1, noNaN: true }),
      weight: fc.double({ min: 2, max: 1e6, noNaN: true }),
    });
    fc.assert(
      fc.property(effect, fc.double({ min: 0.0001, max: 0.2, noNaN: true }), (of, alpha) => {
        const sequential = { alpha, planned: 1_000 };
        const { low, high } = confidenceSequence(of, sequential);
        expect(evidenceAbove(of, low, sequential)).toBeCloseTo(-Math.log(alpha), 6);
        const turned = { ...of, estimate: -of.estimate };
        expect(evidenceAbove(turned, -high, sequential)).toBeCloseTo(-Math.log(alpha), 6);
      }),
    );
  });

  it('is narrowest, for what it has seen, near the planned weight, and says nothing of nobody', () => {
    const width = (weight: number) => {
      const { low, high } = confidenceSequence({ estimate: 0, error: 1, weight }, SEQUENTIAL);
      return high - low;
    };
    expect(width(5_000)).toBeLessThan(width(100));
    expect(width(5_000)).toBeLessThan(width(1_000_000));
    expect(confidenceSequence({ estimate: 0, error: 0, weight: 0 }, SEQUENTIAL)).toEqual({
      low: -Infinity,
      high: Infinity,
    });
    expect(evidenceAbove({ estimate: 0, error: 0, weight: 0 }, -1, SEQUENTIAL)).toBe(0);
  });
});

describe('a difference of arms', () => {
  const arm = (users: number, mean: number): Arm => ({ users, mean, variance: 1 });

  it('is not moved by a canary that grows while the mean of all rises', () => {
    const strata: Stratum[] = [
      { control: arm(9_900, 1), canary: arm(100, 1) },
      { control: arm(5_000, 2), canary: arm(5_000, 2) },
    ];
    expect(contrast(strata).estimate).toBe(0);
  });

  it('is one of means, with the error of both', () => {
    const { estimate, error, weight } = contrast([{ control: arm(400, 1), canary: arm(100, 1.5) }]);
    expect(estimate).toBeCloseTo(0.5, 12);
    expect(error).toBeCloseTo(Math.sqrt(1 / 400 + 1 / 100), 12);
    expect(weight).toBe(80);
  });

  it('against a part of the control asks whether more than the rest was lost', () => {
    const strata = [{ control: arm(1_000, 2), canary: arm(1_000, 1.9) }];
    expect(contrast(strata, 0.9).estimate).toBeCloseTo(0.1, 12);
    expect(contrast(strata, 0.95).estimate).toBeCloseTo(0, 12);
  });

  it('leaves out whoever has nobody to be compared with', () => {
    expect(contrast([{ control: arm(1_000, 2), canary: arm(1, 9) }])).toEqual({ estimate: 0, error: 0, weight: 0 });
  });
});

describe('the split of users', () => {
  const ALARM = -Math.log(0.001);

  it('raises no alarm at any of many looks where it is as intended', () => {
    const random = mulberry32(6);
    let alarms = 0;
    for (let run = 0; run < 300; run += 1) {
      let [control, canary] = [0, 0];
      let alarmed = false;
      for (let look = 0; look < 40; look += 1) {
        canary += Math.max(0, Math.round(250 + Math.sqrt(237.5) * normal(random)));
        control += Math.max(0, Math.round(4_750 + Math.sqrt(237.5) * normal(random)));
        alarmed ||= evidenceOfMismatch([{ share: 0.05, control, canary }]) >= ALARM;
      }
      if (alarmed) alarms += 1;
    }
    expect(alarms).toBeLessThanOrEqual(2);
  });

  it('raises one where users of the canary are lost', () => {
    expect(evidenceOfMismatch([{ share: 0.05, control: 190_000, canary: 9_500 }])).toBeGreaterThan(ALARM);
    expect(evidenceOfMismatch([{ share: 0.05, control: 190_000, canary: 10_000 }])).toBeLessThan(0);
  });

  it('is judged for each share by itself, however its counts are cut up', () => {
    const whole = [
      { share: 0.01, control: 99_000, canary: 1_000 },
      { share: 0.05, control: 95_000, canary: 5_000 },
    ];
    const parts = whole.flatMap(({ share, control, canary }) => [
      { share, control: control / 2, canary: canary / 2 },
      { share, control: control / 2, canary: canary / 2 },
    ]);
    expect(evidenceOfMismatch(parts)).toBeCloseTo(evidenceOfMismatch(whole), 6);
    expect(evidenceOfMismatch(whole)).toBeLessThan(0);
  });

  it('rests on a gamma function that is right', () => {
    // Of whole numbers it is a factorial: ln(9!) and ln(170!).
    expect(logGamma(10)).toBeCloseTo(Math.log(362_880), 10);
    expect(logGamma(0.5)).toBeCloseTo(Math.log(Math.PI) / 2, 10);
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 1e6, noNaN: true }), (x) => {
        const step = logGamma(x + 1) - logGamma(x);
        expect(step).toBeCloseTo(Math.log(x), 6);
      }),
    );
  });
});
