import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addPoint, cutCurve, emptyCurve } from '../../../activities/training/curve';
import {
  findStall,
  newRuleMemory,
  takeLine,
  type FiredRule,
  type RuleMemory,
} from '../../../activities/training/rules';
import type { MetricLine } from '../../../schemas/training';
import { trainingRules, type TrainingRules } from '../../../schemas/training-run';

const line = (step: number, loss: number | null, more: Partial<MetricLine> = {}): MetricLine => ({
  ...{ attempt: 1, step, steps: 1_000, at: step, loss },
  ...more,
});

/** Takes in losses of steps 1 and on, and says which rule fires first. */
function firstOf(rules: TrainingRules, losses: readonly (number | null)[]): FiredRule | null {
  let memory = newRuleMemory(0);
  for (const [at, loss] of losses.entries()) {
    const [next, fired] = takeLine(rules, memory, line(at + 1, loss));
    if (fired) return fired;
    memory = next;
  }
  return null;
}

const falling = Array.from({ length: 100 }, (_, step) => 4 * 0.97 ** step + 0.02 * Math.sin(step));

describe('rules on the numbers of a training', () => {
  const rules = trainingRules.parse({});

  it('leave a loss alone that falls', () => {
    expect(firstOf(rules, falling)).toBeNull();
  });

  it('leave a loss alone that falls with noise, whatever the noise', () => {
    const noise = fc.array(fc.double({ min: 0.5, max: 1.6, noNaN: true }), { minLength: 100, maxLength: 100 });
    fc.assert(
      fc.property(noise, (factors) => {
        expect(
          firstOf(
            rules,
            falling.map((loss, at) => loss * (factors[at] ?? 1)),
          ),
        ).toBeNull();
      }),
    );
  });

  it('fire at a loss or a gradient that is no number, and say from where on all is bad', () => {
    expect(firstOf(rules, [2, 1.9, null])).toMatchObject({
      rule: 'notANumber',
      action: 'lowerRate',
      step: 3,
      badSince: 3,
    });
    const [, fired] = takeLine(rules, newRuleMemory(0), line(7, 1, { gradientNorm: null }));
    expect(fired?.why).toBe('the norm of the gradient is not a number');
  });

  it('fire at a spike that stays, from its first step on, and not at one that passes', () => {
    const passing = [...falling.slice(0, 30), 50, 60, ...falling.slice(32)];
    expect(firstOf(rules, passing)).toBeNull();
    const staying = [...falling.slice(0, 30), 50, 60, 70, 80];
    expect(firstOf(rules, staying)).toMatchObject({ rule: 'spike', step: 33, badSince: 31 });
  });

  it('do not take the noise of the first steps for a spike', () => {
    expect(firstOf(rules, [1, 20, 20, 20, 20])).toBeNull();
  });

  it('fire at a plateau, and not while the loss still falls by the share that counts', () => {
    const watched = trainingRules.parse({ plateau: { lines: 20, minChange: 0.01 } });
    expect(firstOf(watched, falling)).toBeNull();
    expect(
      firstOf(
        watched,
        Array.from({ length: 100 }, () => 1),
      ),
    ).toMatchObject({
      rule: 'plateau',
      action: 'stop',
      step: 21,
      badSince: null,
    });
  });

  it('fire at a stall by the time since the last step, and never where they are off', () => {
    const memory: RuleMemory = { ...newRuleMemory(0), progressAt: 1_000 };
    expect(findStall(rules, memory, 5, 1_000 + 15 * 60 - 1)).toBeNull();
    expect(findStall(rules, memory, 5, 1_000 + 15 * 60)).toMatchObject({ rule: 'stall', action: 'retry', step: 5 });
    const off = trainingRules.parse({ stall: null, spike: null });
    expect(findStall(off, memory, 5, 1e9)).toBeNull();
    expect(firstOf(off, [...falling, 1e9, 1e9, 1e9, 1e9])).toBeNull();
  });
});

describe('the curve of a loss', () => {
  it('stays small, begins at the first step and rises in steps, however long a training is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 3_000 }), (steps) => {
        let curve = emptyCurve();
        for (let step = 1; step <= steps; step++) curve = addPoint(curve, step, step);
        expect(curve.points.length).toBeLessThanOrEqual(60);
        expect(curve.points.length).toBeGreaterThanOrEqual(Math.min(steps, 30));
        expect(curve.points[0]?.step).toBe(1);
        const taken = curve.points.map(({ step }) => step);
        expect(taken).toEqual([...taken].sort((a, b) => a - b));
        expect(steps - (taken.at(-1) ?? 0)).toBeLessThan(curve.stride);
      }),
      { numRuns: 30 },
    );
  });

  it('forgets steps that a training goes back behind', () => {
    let curve = emptyCurve();
    for (let step = 1; step <= 20; step++) curve = addPoint(curve, step, step);
    expect(cutCurve(curve, 12).points.at(-1)).toEqual({ step: 12, loss: 12 });
    expect(addPoint(curve, 13, 0.5).points.slice(-2)).toEqual([
      { step: 12, loss: 12 },
      { step: 13, loss: 0.5 },
    ]);
  });
});
