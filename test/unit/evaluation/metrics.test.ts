import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { answerTokens, exactMatch, tokenF1 } from '../../../activities/evaluation/metrics/answers';
import { classify } from '../../../activities/evaluation/metrics/classification';
import { chosenRight } from '../../../activities/evaluation/metrics/multiple-choice';
import { brierScore, calibrationError, logLoss } from '../../../activities/evaluation/metrics/probabilities';
import { averagePrecision, rocAuc } from '../../../activities/evaluation/metrics/scores';
import { mean } from '../../../activities/evaluation/statistics/bootstrap';
import { metricCases, ourMetrics } from '../../support/metric-cases';
import peers from './metrics-of-peers.json';

describe('what ranx, ir_measures, scikit-learn and lm-evaluation-harness say', () => {
  const ours = Object.entries(ourMetrics(metricCases(peers.seed, peers.size)));
  it.each(peers.means.flatMap((said, peer) => ours.map(([name, values]) => ({ name, peer, said, values }))))(
    'is what we say of $name (peer $peer)',
    ({ name, said, values }) => {
      expect(mean(values)).toBeCloseTo((said as Record<string, number>)[name] ?? NaN, 9);
    },
  );
});

describe('labels', () => {
  it('that are never predicted, or never true, score 0 and pull the macro mean down', () => {
    const told = classify(['a', 'a', 'b'], ['a', 'c', 'a']);
    expect(told.labels).toEqual([
      { label: 'a', texts: 2, precision: 1 / 2, recall: 1 / 2, f1: 1 / 2 },
      { label: 'b', texts: 1, precision: 0, recall: 0, f1: 0 },
      { label: 'c', texts: 0, precision: 0, recall: 0, f1: 0 },
    ]);
    expect(told.macro.f1).toBeCloseTo(1 / 6, 12);
    expect(told.weighted.f1).toBeCloseTo(1 / 3, 12);
    expect(told.micro.f1).toBe(told.accuracy);
  });

  it('are refused where they come in no pairs', () => {
    expect(() => classify(['a'], [])).toThrow(RangeError);
    expect(() => classify([], [])).toThrow(RangeError);
  });
});

describe('scores', () => {
  const scored = fc
    .array(fc.record({ score: fc.integer({ min: 0, max: 20 }), positive: fc.boolean() }), { minLength: 2 })
    .filter((list) => list.some(({ positive }) => positive) && list.some(({ positive }) => !positive));

  it('have the area that comparing every positive with every negative gives', () => {
    fc.assert(
      fc.property(scored, (list) => {
        const of = (wanted: boolean) => list.filter(({ positive }) => positive === wanted);
        const pairs = of(true).flatMap(({ score: high }) => of(false).map(({ score: low }) => Math.sign(high - low)));
        expect(rocAuc(list)).toBeCloseTo(mean(pairs.map((sign) => (sign + 1) / 2)), 10);
      }),
    );
  });

  it('count the same whatever their order and scale', () => {
    fc.assert(
      fc.property(scored, (list) => {
        const other = list.map(({ score, positive }) => ({ positive, score: Math.exp(score / 7) })).reverse();
        expect(rocAuc(other)).toBeCloseTo(rocAuc(list), 12);
        expect(averagePrecision(other)).toBeCloseTo(averagePrecision(list), 12);
      }),
    );
  });

  it('are refused where nothing is to be told apart', () => {
    expect(() => rocAuc([{ score: 1, positive: true }])).toThrow(RangeError);
    expect(() => averagePrecision([{ score: 1, positive: false }])).toThrow(RangeError);
  });
});

describe('forecasts', () => {
  it('that are sure and right lose nothing, and sure and wrong all that can be lost', () => {
    const right = [{ probabilities: [0, 1], truth: 1 }];
    const wrong = [{ probabilities: [1, 0], truth: 1 }];
    expect([brierScore(right), calibrationError(right).error]).toEqual([0, 0]);
    expect(logLoss(right)).toBeCloseTo(0, 12);
    expect([brierScore(wrong), calibrationError(wrong).error]).toEqual([1, 1]);
    expect(logLoss(wrong)).toBeCloseTo(36.04, 2);
  });

  it('are calibrated where they are right as often as they say', () => {
    const forecasts = Array.from({ length: 10 }, (_, at) => ({ probabilities: [0.7, 0.3], truth: at < 7 ? 0 : 1 }));
    const { error, bins } = calibrationError(forecasts);
    expect(error).toBeCloseTo(0, 12);
    expect(bins.filter(({ forecasts: count }) => count > 0)).toHaveLength(1);
  });

  it('are refused without the class that was true', () => {
    expect(() => brierScore([{ probabilities: [1], truth: 1 }])).toThrow(RangeError);
    expect(() => logLoss([])).toThrow(RangeError);
    expect(() => calibrationError([{ probabilities: [2, -1], truth: 0 }])).toThrow(RangeError);
  });
});

describe('answers', () => {
  it('are compared without case, punctuation and articles', () => {
    expect(exactMatch('The U.S. Air-Force!', ['us airforce'])).toBe(1);
    expect(answerTokens('a año, the_end', 'english')).toEqual(['año', 'theend']);
    expect(tokenF1('a wing of the plane', ['the wing'])).toBeCloseTo(1 / 2, 12);
    expect(tokenF1('wing wing', ['wing'])).toBeCloseTo(2 / 3, 12);
  });

  it('in Chinese are compared by characters, and other scripts in them by words', () => {
    expect(answerTokens('《北京》，AB-1 好', 'chinese')).toEqual(['北', '京', 'ab1', '好']);
    expect(exactMatch('北京。', ['北 京'], 'chinese')).toBe(1);
    expect(tokenF1('在北京', ['北京市'], 'chinese')).toBeCloseTo(2 / 3, 12);
  });

  it('count by the nearest of the right ones, and silence where there is none', () => {
    expect(exactMatch('b', ['a thing', 'b'])).toBe(1);
    expect([exactMatch('', []), tokenF1('', []), tokenF1('the', []), tokenF1('no', [])]).toEqual([1, 1, 1, 0]);
    expect(tokenF1('', ['no'])).toBe(0);
  });

  it('share as much one way as the other, and all with themselves', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (a, b) => {
        for (const language of ['english', 'chinese'] as const) {
          expect(tokenF1(a, [b], language)).toBe(tokenF1(b, [a], language));
          expect(tokenF1(a, [a], language)).toBe(1);
          expect(exactMatch(a, [b], language)).toBeLessThanOrEqual(tokenF1(a, [b], language));
        }
      }),
    );
  });
});

describe('a choice', () => {
  it('is by the likeliest, or the likeliest for its length', () => {
    const choices = ['no', 'certainly'];
    expect(chosenRight({ choices, logLikelihoods: [-4, -9], right: 0 })).toEqual({ acc: 1, accNorm: 0 });
    expect(chosenRight({ choices, logLikelihoods: [-4, -4], right: 0 })).toEqual({ acc: 1, accNorm: 0 });
  });

  it('is refused where one has no likelihood, no length, or none is right', () => {
    expect(() => chosenRight({ choices: ['a'], logLikelihoods: [], right: 0 })).toThrow(RangeError);
    expect(() => chosenRight({ choices: [''], logLikelihoods: [-1], right: 0 })).toThrow(RangeError);
    expect(() => chosenRight({ choices: ['a'], logLikelihoods: [-1], right: 1 })).toThrow(RangeError);
  });
});
