import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bootstrapMean, mean } from '../../../activities/evaluation/statistics/bootstrap';
import { holm } from '../../../activities/evaluation/statistics/holm';
import { normalCdf, normalQuantile } from '../../../activities/evaluation/statistics/normal';
import {
  chanceAtLeast,
  chanceAtMost,
  intervalOf,
  resampleMean,
  resampleStatistic,
} from '../../../activities/evaluation/statistics/resample';
import { deviationOfShares, pairsNeeded, usersNeeded } from '../../../activities/evaluation/statistics/sample-size';
import { wilson } from '../../../activities/evaluation/statistics/wilson';
import { mulberry32 } from '../../../activities/kit/random';
import { differences } from '../../support/simulated-values';

const METHODS = ['percentile', 'bca'] as const;
const sample = (size: number, seed: number, kind = 3) => {
  const random = mulberry32(seed);
  return Array.from({ length: size }, () => differences(0)[kind]?.draw(random) ?? NaN);
};

describe('the normal distribution', () => {
  // scipy 1.17.1, norm.cdf and norm.ppf.
  it.each([
    [-7, 1.279812543885835e-12],
    [-3, 0.0013498980316300933],
    [-0.1, 0.460172162722971],
    [0.5, 0.6914624612740131],
    [2, 0.9772498680518208],
  ])('has the share that scipy says below %d', (value, share) => {
    expect(normalCdf(value) / share).toBeCloseTo(1, 8);
  });

  it.each([
    [1e-10, -6.361340902404056],
    [0.025, -1.9599639845400545],
    [0.8, 0.8416212335729143],
    [0.9999, 3.719016485455709],
  ])('has the quantile that scipy says of %d', (share, value) => {
    expect(normalQuantile(share)).toBeCloseTo(value, 9);
  });

  it('has no quantile of what is no share', () => {
    for (const share of [0, 1, -1, NaN]) expect(() => normalQuantile(share)).toThrow(RangeError);
  });
});

describe.each(METHODS)('resampling by %s', (method) => {
  it('says for a value how likely the statistic is below it, as the ends of its intervals do', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 999 }), fc.double({ min: 0.5, max: 0.95, noNaN: true }), (seed, level) => {
        const resampled = resampleMean(sample(80, seed), { method, resamples: 500 });
        const { low, high } = intervalOf(resampled, level);
        expect(chanceAtMost(resampled, low)).toBeCloseTo((1 - level) / 2, 6);
        expect(chanceAtLeast(resampled, high)).toBeCloseTo((1 - level) / 2, 6);
      }),
      { numRuns: 50 },
    );
  });

  it('is the same for a mean that is computed as any other statistic', () => {
    const values = sample(40, 3);
    const of = (places: Uint32Array) => mean(Array.from(places, (at) => values[at] ?? NaN));
    const [one, other] = [resampleMean(values, { method }), resampleStatistic(values.length, of, { method })];
    expect(other.acceleration).toBeCloseTo(one.acceleration, 10);
    expect(intervalOf(other).low).toBeCloseTo(intervalOf(one).low, 10);
    expect(intervalOf(other).high).toBeCloseTo(intervalOf(one).high, 10);
  });

  it('knows an interval without width, and is never surer than its draws can be', () => {
    const resampled = resampleMean([0.5, 0.5, 0.5], { method, resamples: 99 });
    expect(intervalOf(resampled)).toEqual({ low: 0.5, high: 0.5 });
    expect(chanceAtMost(resampled, 0.4)).toBeCloseTo(0.01, 10);
    expect(chanceAtLeast(resampled, 0.6)).toBeCloseTo(0.01, 10);
    expect(() => resampleStatistic(0, () => 0, { method })).toThrow(RangeError);
  });

  it('holds the true mean of 200 cases in 95 of 100 intervals, of each kind of difference', () => {
    for (const { name, truth, draw } of differences(0.02)) {
      const random = mulberry32(1);
      const held = Array.from({ length: 600 }, (_, seed) => {
        const values = Array.from({ length: 200 }, () => draw(random));
        const { low, high } = bootstrapMean(values, { method, seed, resamples: 250 });
        return Number(low <= truth && truth <= high);
      });
      // 2 points, and two standard errors of a share of 600; bench/statistics.ts takes 2,000 rounds.
      expect(Math.abs(mean(held) - 0.95), name).toBeLessThan(0.038);
    }
  });
});

describe('BCa', () => {
  it('moves the interval of skewed values towards their tail', () => {
    const values = sample(60, 5);
    const [plain, moved] = METHODS.map((method) => bootstrapMean(values, { method }));
    expect(moved?.low).toBeGreaterThan(plain?.low ?? NaN);
    expect(moved?.high).toBeGreaterThan(plain?.high ?? NaN);
  });

  it('is that of scipy within the noise of the draws', () => {
    // scipy.stats.bootstrap 1.17.1, 200,000 resamples, of the squares of 1 to 20.
    const squares = Array.from({ length: 20 }, (_, at) => (at + 1) ** 2);
    const ends = METHODS.map((method) => bootstrapMean(squares, { method, resamples: 50_000 }));
    const said = [
      { low: 90.8, high: 200.05 },
      { low: 94, high: 204.1 },
    ];
    for (const [at, { low, high }] of said.entries()) {
      expect(Math.abs((ends[at]?.low ?? NaN) - low)).toBeLessThan(1);
      expect(Math.abs((ends[at]?.high ?? NaN) - high)).toBeLessThan(1);
    }
  });
});

describe("Holm's correction", () => {
  it('is that of his paper, in the order that was given', () => {
    expect(holm([0.01, 0.04, 0.03, 0.005])).toEqual([0.03, 0.06, 0.06, 0.02]);
    expect(holm([])).toEqual([]);
  });

  it('keeps the order, stays below 1, and is never kinder than no correction or stricter than that of Bonferroni', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 }), (chances) => {
        const corrected = holm(chances);
        for (const [at, chance] of chances.entries()) {
          expect(corrected[at]).toBeGreaterThanOrEqual(chance);
          expect(corrected[at]).toBeLessThanOrEqual(Math.min(1, chance * chances.length));
          for (const [other, rival] of chances.entries()) {
            if (rival < chance) expect(corrected[other]).toBeLessThanOrEqual(corrected[at] ?? NaN);
          }
        }
      }),
    );
  });
});

describe('a sample size', () => {
  it('is that of the textbook', () => {
    // Julious 2010: (1.959964 + 0.841621)^2 = 7.849.
    expect(pairsNeeded({ deviation: 1, margin: 0.1 })).toBe(785);
    expect(usersNeeded({ deviation: 1, difference: 0.1, share: 0.5 })).toBe(3_140);
    expect(deviationOfShares(0.1, 0.1)).toBeCloseTo(Math.sqrt(0.2), 12);
  });

  it('grows with what it has to tell, and is refused where nothing is to be told', () => {
    const base = { deviation: 0.4, margin: 0.05 };
    expect(pairsNeeded(base, { power: 0.9 })).toBeGreaterThan(pairsNeeded(base));
    expect(pairsNeeded(base, { tests: 8 })).toBeGreaterThan(pairsNeeded(base));
    expect(pairsNeeded({ ...base, expected: 0.02 })).toBeLessThan(pairsNeeded(base));
    expect(() => pairsNeeded({ ...base, expected: -0.05 })).toThrow(RangeError);
  });
});

describe("Wilson's interval", () => {
  it('is that of his formula, and knows no share outside 0 and 1', () => {
    // statsmodels, proportion_confint(8, 10, method="wilson").
    expect(wilson(8, 10).low).toBeCloseTo(0.490162, 5);
    expect(wilson(8, 10).high).toBeCloseTo(0.943318, 5);
    expect(wilson(0, 5).low).toBe(0);
    expect(wilson(5, 5).high).toBe(1);
    expect(wilson(0, 0)).toEqual({ mean: 0, low: 0, high: 1 });
  });
});
