import { describe, expect, it } from 'vitest';
import { resampleMean } from '../../../activities/evaluation/statistics/resample';
import { type Compared, decide, type Rule } from '../../../activities/evaluation/statistics/verdict';
import { mulberry32 } from '../../../activities/kit/random';
import { differences } from '../../support/simulated-values';

const RULE: Rule = { margin: 0.05, require: 'noWorse' };

/** A slice of cases with a true gain, of right and wrong answers. */
function slice(name: string, gain: number, cases = 1_500, seed = 1): Compared {
  const random = mulberry32(seed);
  const values = Array.from({ length: cases }, () => differences(gain)[2]?.draw(random) ?? NaN);
  return { name, cases, gain: resampleMean(values, { seed, resamples: 500 }) };
}

describe('a verdict', () => {
  it('promotes what is no worse, everywhere', () => {
    const { verdict, reasons } = decide(slice('all', 0, 6_000), [slice('German', 0.01), slice('long', 0)], RULE);
    expect(verdict).toBe('promote');
    expect(reasons[0]).toMatch(
      /^all: no worse by more than 0\.05: [+-]0\.0\d\d \(-0\.0\d\d to \+0\.0\d\d\) on 6000 cases$/,
    );
    expect(reasons[1]).toBe('no worse by more than 0.05 in each of 2 slices');
  });

  it('rejects what is worse in one slice, and names it with its figures', () => {
    const { verdict, reasons, slices } = decide(
      slice('all', 0, 6_000),
      [slice('German', -0.15), slice('long', 0)],
      RULE,
    );
    expect(verdict).toBe('reject');
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(
      /^German: worse by more than 0\.05: -0\.1\d\d \(.*\) on 1500 cases, p .* corrected for 2 slices$/,
    );
    expect(slices.map(({ outcome }) => outcome)).toEqual(['worse', 'noWorse']);
  });

  it('rejects what is worse on the whole, though no slice is', () => {
    const slices = Array.from({ length: 3 }, (_, at) => slice(`s${at}`, -0.06, 300, at));
    const { verdict, reasons } = decide(slice('all', -0.08, 9_000), slices, { ...RULE, alpha: 0.025 });
    expect(verdict).toBe('reject');
    expect(reasons[0]).toMatch(/^all: worse/);
  });

  it('holds where a slice is not sure, and where it has too few cases unless those may pass', () => {
    const unsure = decide(slice('all', 0, 6_000), [slice('German', -0.03, 150)], RULE);
    expect(unsure).toMatchObject({ verdict: 'hold', reasons: [expect.stringMatching(/^German: not sure/)] });
    const few = [slice('German', 0, 20)];
    const said = 'German: 20 cases, of 50 that it takes to say anything';
    expect(decide(slice('all', 0, 6_000), few, RULE)).toMatchObject({ verdict: 'hold', reasons: [said] });
    expect(decide(slice('all', 0, 6_000), few, { ...RULE, fewCases: 'pass' }).verdict).toBe('promote');
    expect(decide(few[0] as Compared, [], { ...RULE, fewCases: 'pass' }).verdict).toBe('hold');
  });

  it('that asks for a gain promotes a gain, holds what may be one, and rejects a loss', () => {
    const better: Rule = { ...RULE, require: 'better' };
    expect(decide(slice('all', 0.05, 6_000), [], better)).toMatchObject({
      verdict: 'promote',
      overall: { outcome: 'better' },
    });
    expect(decide(slice('all', 0.005, 1_000), [], better).reasons).toEqual([
      expect.stringMatching(/; it was to be better$/),
    ]);
    expect(decide(slice('all', 0.005, 1_000), [], better).verdict).toBe('hold');
    expect(decide(slice('all', -0.03, 6_000), [], better).verdict).toBe('reject');
  });

  it('claims of many equal slices that one is worse, or better, no more often than of one', () => {
    // Ten slices just at the margin: 22% of such evaluations would reject without a correction, 2.5% may.
    const random = mulberry32(3);
    const draw = differences(-0.05)[2]?.draw ?? (() => NaN);
    const rounds = 300;
    let rejected = 0;
    for (let round = 0; round < rounds; round += 1) {
      const slices = Array.from({ length: 10 }, (_, at): Compared => {
        const values = Array.from({ length: 100 }, () => draw(random));
        return { name: `s${at}`, cases: 100, gain: resampleMean(values, { seed: round * 10 + at, resamples: 400 }) };
      });
      const all = { name: 'all', cases: 1_000, gain: resampleMean([0, 0]) };
      if (decide(all, slices, RULE).verdict === 'reject') rejected += 1;
    }
    // Three standard errors of 2.5% in 300.
    expect(rejected / rounds).toBeLessThan(0.025 + 0.027);
  });
});
