import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../activities/kit/random';
import { control, type ControllerSettings, startController, tune } from '../../../activities/rollout/controller';
import { metricAt, type Plant, settle } from '../../support/simulated-plant';

const PLANT: Plant = { gain: 10, lag: 3, noise: 0, cycle: 0 };
const settings = (over: Partial<ControllerSettings> = {}): ControllerSettings => ({
  target: metricAt(0.7, PLANT),
  gain: PLANT.gain,
  low: 0,
  high: 1,
  maxStep: 0.1,
  lag: PLANT.lag,
  ...tune({ gain: PLANT.gain, periods: 12 }),
  ...over,
});
const run = (plant: Plant, over: Partial<ControllerSettings> = {}) =>
  settle(settings(over), plant, { periods: 150, random: mulberry32(1) });

describe('a controller', () => {
  it('settles in the time that it was tuned for, without going beyond, though the metric comes late', () => {
    const { settling, overshoot } = run(PLANT);
    expect(settling).toBeLessThanOrEqual(12 + PLANT.lag);
    expect(overshoot).toBeLessThan(0.001);
  });

  it('settles though the gain is half or twice what it believes', () => {
    for (const gain of [5, 20]) {
      const plant = { ...PLANT, gain };
      const { settling, overshoot } = run(plant, { target: metricAt(0.7, plant) });
      expect(settling).toBeLessThan(40);
      expect(overshoot).toBeLessThan(0.25);
    }
  });

  it('knows which of its moves a window over several periods shows already', () => {
    const window = 4;
    let state = startController(0.2, { lag: 1, window });
    const knobs = [0.2, 0.2, 0.2, 0.2, 0.2];
    const moved: number[] = [];
    for (let period = 0; period < 60; period += 1) {
      const shown = knobs.slice(-window - 1, -1).reduce((sum, knob) => sum + metricAt(knob, PLANT), 0) / window;
      state = control(settings({ lag: 1, window }), state, shown);
      knobs.push(state.knob);
      moved.push(state.knob);
    }
    // It goes there as it would without a window: what a move will show is known, so nothing is answered twice.
    expect(Math.max(...moved)).toBeLessThan(0.7001);
    expect(moved.findIndex((knob) => Math.abs(knob - 0.7) < 0.025)).toBeLessThanOrEqual(13);
  });

  it('settles without going beyond where users take their time to follow, and leaves a knob alone that has arrived', () => {
    const [inertia, lag] = [3, 6];
    const believed = settings({ inertia, lag, ...tune({ gain: PLANT.gain, periods: 12, timeConstant: inertia }) });
    let state = startController(0.2, believed);
    const used = Array.from({ length: lag + 1 }, () => 0.2);
    const knobs: number[] = [];
    for (let period = 0; period < 200; period += 1) {
      const before = used.at(-1) ?? NaN;
      used.push(before + (state.knob - before) * (1 - Math.exp(-1 / inertia)));
      state = control(believed, state, metricAt(used.at(-1 - lag) ?? NaN, PLANT));
      knobs.push(state.knob);
    }
    expect(Math.max(...used)).toBeLessThan(0.7001);
    // Twelve periods by `tune`, and some more as the knob may not go faster; the lag is not felt.
    expect(used.slice(lag + 1).findIndex((value) => value > 0.675)).toBeLessThan(20);
    for (const knob of knobs.slice(100)) expect(knob).toBeCloseTo(0.7, 6);
  });

  it('stays near its target in noise and a day cycle', () => {
    const { knobs } = run({ ...PLANT, noise: 0.2, cycle: 0.2 });
    for (const knob of knobs.slice(40)) expect(Math.abs(knob - 0.7)).toBeLessThan(0.08);
  });

  it('turns a knob whose metric falls the other way', () => {
    const plant = { ...PLANT, gain: -10 };
    const { settling } = run(plant, { target: metricAt(0.7, plant), gain: -10, ...tune({ gain: -10, periods: 12 }) });
    expect(settling).toBeLessThan(16);
  });

  it('comes back at once from a target that could not be reached', () => {
    const unreachable = metricAt(3, PLANT);
    const { knobs } = settle(settings(), PLANT, {
      periods: 200,
      random: mulberry32(1),
      targetAt: (period) => (period < 100 ? unreachable : metricAt(0.5, PLANT)),
    });
    expect(knobs[99]).toBe(1);
    // Nothing was wound up: the knob turns in the very period in which the target does.
    expect(knobs[100]).toBeLessThan(1);
    expect(Math.abs((knobs[120] ?? NaN) - 0.5)).toBeLessThan(0.03);
  });

  it('never leaves its bounds or moves faster than it may, whatever the metric says', () => {
    const metrics = fc.array(fc.option(fc.double()), { maxLength: 50 });
    fc.assert(
      fc.property(metrics, fc.double({ min: 0, max: 1, noNaN: true }), (list, knob) => {
        let state = startController(knob, PLANT);
        for (const metric of list) {
          const next = control(settings({ proportional: 0.3 }), state, metric);
          expect(next.knob).toBeGreaterThanOrEqual(0);
          expect(next.knob).toBeLessThanOrEqual(1);
          expect(Math.abs(next.knob - state.knob)).toBeLessThanOrEqual(0.1 + 1e-12);
          if (metric === null) expect(next.knob).toBe(state.knob);
          state = next;
        }
      }),
    );
  });
});
