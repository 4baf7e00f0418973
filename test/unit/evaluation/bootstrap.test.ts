import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../activities/kit/random';
import {
  bootstrapMean,
  mean,
  pairedBootstrap,
  standardError,
} from '../../../activities/evaluation/statistics/bootstrap';

const values = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 40 });

describe('the bootstrap interval of a mean', () => {
  it('holds the mean, lies within the values, and is the same for the same seed', () => {
    fc.assert(
      fc.property(values, fc.integer(), (list, seed) => {
        const estimate = bootstrapMean(list, { resamples: 200, seed });
        expect(estimate).toEqual(bootstrapMean(list, { resamples: 200, seed }));
        expect(estimate.mean).toBe(mean(list));
        expect(estimate.low).toBeGreaterThanOrEqual(Math.min(...list) - 1e-12);
        expect(estimate.high).toBeLessThanOrEqual(Math.max(...list) + 1e-12);
        expect(estimate.low).toBeLessThanOrEqual(estimate.high);
      }),
      { numRuns: 50 },
    );
  });

  it('moves with the values, and has no width where they are all the same', () => {
    const list = [0.1, 0.4, 0.4, 0.9, 0.2];
    const before = bootstrapMean(list);
    const after = bootstrapMean(list.map((value) => value + 2));
    expect(after.low).toBeCloseTo(before.low + 2, 10);
    expect(after.high).toBeCloseTo(before.high + 2, 10);
    expect(bootstrapMean([0.25, 0.25, 0.25])).toEqual({ mean: 0.25, low: 0.25, high: 0.25 });
  });

  /** How often the 95% interval holds the true mean of values as nDCG has them: many 0 and 1, the others between. */
  function coverage(size: number, rounds: number): number {
    const random = mulberry32(size);
    const draw = () => {
      const kind = random();
      return kind < 0.3 ? 0 : kind < 0.5 ? 1 : random();
    };
    const truth = 0.2 + 0.5 * 0.5;
    let held = 0;
    for (let round = 0; round < rounds; round += 1) {
      const sample = Array.from({ length: size }, draw);
      const { low, high } = bootstrapMean(sample, { resamples: 400, seed: round });
      if (low <= truth && truth <= high) held += 1;
    }
    return held / rounds;
  }

  it('holds the true mean in 95 of 100 samples of 100 queries, and in somewhat fewer of 15', () => {
    // 1,000 rounds put the share within 0.02 (three standard errors).
    expect(Math.abs(coverage(100, 1_000) - 0.95)).toBeLessThan(0.025);
    const small = coverage(15, 1_000);
    expect(small).toBeGreaterThan(0.88);
    expect(small).toBeLessThan(0.95);
  });

  it('is refused for nothing', () => {
    expect(() => bootstrapMean([])).toThrow(RangeError);
  });
});

describe('the paired bootstrap', () => {
  it('is that of the differences: queries that are hard for both do not widen it', () => {
    const before = [0, 1, 0, 1, 0, 1, 0, 1];
    const after = before.map((value) => value + 0.1);
    const gain = pairedBootstrap(before, after);
    for (const end of [gain.mean, gain.low, gain.high]) expect(end).toBeCloseTo(0.1, 10);
    const { mean: loss } = pairedBootstrap(after, before);
    expect(loss).toBeCloseTo(-0.1, 10);
  });

  it('is refused for values that are no pairs', () => {
    expect(() => pairedBootstrap([1, 2], [1])).toThrow(RangeError);
  });
});

describe('the standard error', () => {
  it('is the deviation of the sample over the root of its size', () => {
    // Squared distances from 5: 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, over 7 and 8.
    expect(standardError([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(Math.sqrt(32 / 7 / 8), 12);
    expect(standardError([1])).toBe(0);
  });
});
