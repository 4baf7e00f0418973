import fc from 'fast-check';
import { expect, it } from 'vitest';
import { driftOf } from '../../../activities/features/output/drift';

const counts = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 4, maxLength: 4 });
const spread = fc.record({ counts, missing: fc.integer({ min: 0, max: 100 }) });

it('is nothing between equal spreads, whatever their size', () => {
  fc.assert(
    fc.property(spread, ({ counts: bins, missing }) => {
      const tenfold = { counts: bins.map((count) => count * 10), missing: missing * 10 };
      const { psi, ks } = driftOf({ counts: bins, missing }, tenfold, true);
      expect(psi).toBeCloseTo(0, 9);
      expect(ks).toBeCloseTo(0, 9);
    }),
  );
});

it('is the same both ways, never negative, and KS is a share', () => {
  fc.assert(
    fc.property(spread, spread, (a, b) => {
      const [there, back] = [driftOf(a, b, true), driftOf(b, a, true)];
      expect(there.psi).toBeGreaterThanOrEqual(0);
      expect(there.psi).toBeCloseTo(back.psi, 9);
      expect(there.ks).toBeGreaterThanOrEqual(0);
      expect(there.ks).toBeLessThanOrEqual(1);
    }),
  );
});

it('gives the number that the formula gives by hand', () => {
  const { psi, ks } = driftOf({ counts: [50, 50], missing: 0 }, { counts: [80, 20], missing: 0 }, true);
  expect(psi).toBeCloseTo(0.3 * Math.log(0.8 / 0.5) - 0.3 * Math.log(0.2 / 0.5), 12);
  expect(ks).toBeCloseTo(0.3, 12);
});
