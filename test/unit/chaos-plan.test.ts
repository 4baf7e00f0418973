import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AT_ONCE, keyOf, mayBegin, PAIRS, planFaults, type PlanOptions } from '../chaos/plan/plan';
import { STAGE_RUNS } from '../chaos/plan/stages';
import { STAGES } from '../../schemas';

const targets = STAGE_RUNS;
const options = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  faults: fc.integer({ min: 0, max: 300 }),
  targets: fc.subarray([...targets], { minLength: 1 }),
});

describe('a plan of faults', () => {
  it('is the same for the same seed, and another for another', () => {
    fc.assert(
      fc.property(options, (drawn) => {
        expect(planFaults(drawn)).toEqual(planFaults(drawn));
      }),
    );
    const plans = [1, 2, 3].map((seed) => JSON.stringify(planFaults({ seed, faults: 50, targets })));
    expect(new Set(plans).size).toBe(3);
  });

  it('begins as a longer one of its seed does', () => {
    const plan = (faults: number) => planFaults({ seed: 5, faults, targets });
    expect(plan(200).slice(0, 70)).toEqual(plan(70));
  });

  it('has as many faults as were asked for, each of a stage that can meet it, at an attempt that its run has', () => {
    fc.assert(
      fc.property(options, (drawn) => {
        const plan = planFaults(drawn);
        expect(plan).toHaveLength(drawn.faults);
        for (const { stage, after, step, part, fault, seconds } of plan) {
          const target = drawn.targets.find((one) => one.stage === stage);
          expect(after).toBeGreaterThanOrEqual(1);
          expect(after).toBeLessThanOrEqual(target?.attempts ?? 0);
          if (part === 'model') expect(target?.asksModel).toBe(true);
          expect(step !== undefined).toBe(part === 'trainer');
          if (step !== undefined) expect(step).toBeLessThanOrEqual((target?.ranks?.steps ?? 0) / 2);
          if (part === 'trainer' && fault === 'cut') expect(target?.ranks?.areApart).toBe(true);
          expect(seconds).toBeLessThanOrEqual(20);
        }
      }),
    );
  });

  it('breaks in one run no part twice, and one after the other', () => {
    fc.assert(
      fc.property(options, (drawn) => {
        const runs = new Map<string, ReturnType<typeof planFaults>>();
        for (const fault of planFaults(drawn)) {
          const key = `${fault.round} ${fault.stage}`;
          runs.set(key, [...(runs.get(key) ?? []), fault]);
        }
        for (const faults of runs.values()) {
          expect(new Set(faults.map(({ part }) => part)).size).toBe(faults.length);
          expect(faults.map(({ after }) => after)).toEqual(faults.map(({ after }) => after).toSorted((a, b) => a - b));
          expect(new Set(faults.map(({ after }) => after)).size).toBe(faults.length);
        }
      }),
    );
  });

  it('reaches every pair of part and fault, and every stage, within two hundred faults of any seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 }), (seed) => {
        const plan = planFaults({ seed, faults: 200, targets });
        expect(new Set(plan.map(keyOf))).toEqual(new Set(PAIRS.map(keyOf)));
        expect(new Set(plan.map(({ stage }) => stage))).toEqual(new Set(STAGES.map(({ name }) => name)));
      }),
    );
  });

  it('draws only pairs that can be made', () => {
    const pairs = PAIRS.filter(({ fault }) => fault === 'kill');
    const plan = planFaults({ seed: 1, faults: 60, targets, pairs });
    expect(plan.every(({ fault, seconds }) => fault === 'kill' && seconds === 0)).toBe(true);
  });

  it('says so where no stage can meet any', () => {
    const none: PlanOptions = { seed: 1, faults: 1, targets: [{ stage: 'a', attempts: 3 }], pairs: [] };
    expect(() => planFaults(none)).toThrow('No target can meet any of these faults.');
  });
});

describe('faults at once', () => {
  const open = fc.subarray([...PAIRS], { maxLength: AT_ONCE });

  it('are three at the most, of different parts, and of full disks one', () => {
    fc.assert(
      fc.property(fc.constantFrom(...PAIRS), open, (fault, others) => {
        const may = mayBegin(fault, others);
        if (others.length >= AT_ONCE || others.some(({ part }) => part === fault.part)) expect(may).toBe(false);
        const full = [fault, ...others].filter((one) => one.fault === 'full').length;
        if (may) expect(full).toBeLessThanOrEqual(Math.max(1, others.filter((one) => one.fault === 'full').length));
      }),
    );
  });

  it('may always begin where none is open', () => {
    for (const fault of PAIRS) expect(mayBegin(fault, [])).toBe(true);
  });
});
