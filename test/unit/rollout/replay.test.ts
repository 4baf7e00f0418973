import { describe, expect, it } from 'vitest';
import { mean } from '../../../activities/evaluation/statistics/bootstrap';
import { mulberry32 } from '../../../activities/kit/random';
import { type Logged, replay, type ReplayOptions } from '../../../activities/rollout/replay';
import { simulatedLog } from '../../support/simulated-log';

const entry = (reward: number, propensity: number, target: number, user = `${Math.abs(reward)}`): Logged => ({
  user,
  reward,
  propensity,
  target,
});

describe('offline replay', () => {
  it('weighs rewards by how much likelier the new strategy is to take the action', () => {
    const logged = [entry(1, 0.5, 1), entry(0, 0.5, 0.25), entry(2, 0.25, 0.25)];
    expect(replay(logged, { method: 'ips' }).value.mean).toBeCloseTo((2 + 0 + 2) / 3, 12);
    expect(replay(logged).value.mean).toBeCloseTo(4 / 3.5, 12);
    expect(replay(logged).gain.mean).toBeCloseTo(4 / 3.5 - 1, 12);
    expect(replay(logged).effective).toBeCloseTo(3.5 ** 2 / (4 + 0.25 + 1), 12);
    expect(replay(logged, { method: 'ips', ceiling: 1.5, floor: 0.75 }).value.mean).toBeCloseTo((1.5 + 0 + 2) / 3, 12);
  });

  it('of the strategy that was live gains nothing, for sure', () => {
    const { logged } = simulatedLog(200, mulberry32(1));
    const same = logged.map((of) => ({ ...of, target: of.propensity }));
    for (const method of ['ips', 'snips'] as const) {
      const { gain, effective, meanWeight } = replay(same, { method });
      for (const end of [gain.mean, gain.low, gain.high]) expect(end).toBeCloseTo(0, 12);
      expect([effective, meanWeight.mean]).toEqual([logged.length, 1]);
    }
  });

  it('finds what the new strategy gains, and says how sure that is', () => {
    for (const method of ['ips', 'snips'] as const) {
      const told = Array.from({ length: 300 }, (_, seed) => {
        const { logged, gain: truth } = simulatedLog(400, mulberry32(seed + 1));
        return { ...replay(logged, { method }).gain, truth };
      });
      expect(Math.abs(mean(told.map((of) => of.mean - of.truth)))).toBeLessThan(0.002);
      const held = told.filter(({ low, high, truth }) => low <= truth && truth <= high).length / told.length;
      // Three standard errors of 95%.
      expect(held).toBeGreaterThan(0.95 - 0.038);
    }
  });

  it('counts decisions of one user as one: ten copies of each are no surer', () => {
    const { logged } = simulatedLog(300, mulberry32(3));
    const copies = logged.flatMap((of) => Array.from({ length: 10 }, () => of));
    const width = (of: readonly Logged[], options: ReplayOptions) => {
      const { low, high } = replay(of, options).value;
      return high - low;
    };
    for (const method of ['ips', 'snips'] as const) {
      expect(width(copies, { method })).toBeCloseTo(width(logged, { method }), 10);
    }
  });

  it('tells by the mean of the weights that propensities are wrong', () => {
    const logs = Array.from({ length: 60 }, (_, seed) => simulatedLog(500, mulberry32(seed + 1)).logged);
    const right = logs.map((logged) => replay(logged).meanWeight);
    expect(right.filter(({ low, high }) => low <= 1 && high >= 1).length).toBeGreaterThanOrEqual(52);
    const [logged = []] = logs;
    const wrong = replay(logged.map((of) => ({ ...of, propensity: of.propensity / 2 }))).meanWeight;
    expect(wrong.low).toBeGreaterThan(1.5);
  });

  it('is refused of nothing, of impossible actions, and where nothing would be done again', () => {
    expect(() => replay([])).toThrow(RangeError);
    expect(() => replay([entry(1, 0, 1)])).toThrow(RangeError);
    expect(() => replay([entry(1, 0.5, 0)])).toThrow(RangeError);
  });
});
