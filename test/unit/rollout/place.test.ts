import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { armOf, placeOf } from '../../../activities/rollout/reader';

const USERS = Array.from({ length: 20_000 }, (_, user) => `user-${user}`);
const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('the arm of a user', () => {
  it('is the same each time, on every machine and in every language that hashes the same JSON', () => {
    expect(placeOf('ranking', 2, 'user-1')).toBe(0.5242590903094424);
    expect(placeOf('ranking', 2, '用户')).toBe(0.5953804520358084);
  });

  it('is kept by everybody in the canary as its share grows', () => {
    fc.assert(
      fc.property(fc.string(), share, share, (user, one, other) => {
        const [small, large] = [Math.min(one, other), Math.max(one, other)];
        const armAt = (at: number) => armOf({ name: 'ranking', candidate: 2, share: at }, user);
        if (armAt(small) === 'canary') expect(armAt(large)).toBe('canary');
        expect(armAt(0)).toBe('control');
        expect(armAt(1)).toBe('canary');
      }),
    );
  });

  it('is the canary for the share of users that is wanted', () => {
    for (const wanted of [0.01, 0.1, 0.5]) {
      const found = USERS.filter((user) => armOf({ name: 'ranking', candidate: 2, share: wanted }, user) === 'canary');
      // Four deviations of a binomial: with a fair hash one set of users in 16,000 is further off.
      const deviation = Math.sqrt((wanted * (1 - wanted)) / USERS.length);
      expect(Math.abs(found.length / USERS.length - wanted)).toBeLessThan(4 * deviation);
    }
  });

  it('is dealt anew for each candidate and each strategy', () => {
    const first = USERS.filter((user) => placeOf('ranking', 2, user) < 0.1);
    for (const [name, candidate] of [
      ['ranking', 3],
      ['search', 2],
    ] as const) {
      const again = first.filter((user) => placeOf(name, candidate, user) < 0.1);
      expect(again.length / first.length).toBeGreaterThan(0.07);
      expect(again.length / first.length).toBeLessThan(0.13);
    }
  });

  it('is the control where nothing is tried', () => {
    expect(armOf({ name: 'ranking', candidate: null, share: 0 }, 'user-1')).toBe('control');
  });
});
