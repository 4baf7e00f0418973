import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { driftOf, holdReason } from '../../../activities/cleaning/output/drift';
import type { CleanCounts } from '../../../schemas/clean-dataset';

const counts = (read: number, reasons: Record<string, number>): CleanCounts => {
  const rejected = Object.values(reasons).reduce((sum, count) => sum + count, 0);
  return { files: 1, read, kept: read - rejected, rejected, reasons };
};
const before = { version: 3, counts: counts(1_000, { short: 50, near_duplicate: 84 }) };

describe('drift against the last version', () => {
  it('is that of each reason in either, as shares of what was read', () => {
    const drift = driftOf(counts(100, { near_duplicate: 31, invalid_json: 1 }), before, 10);
    expect(drift).toEqual({
      version: 3,
      maxDrift: 10,
      reasons: [
        { reason: 'near_duplicate', before: 0.084, now: 0.31 },
        { reason: 'short', before: 0.05, now: 0 },
        { reason: 'invalid_json', before: 0, now: 0.01 },
      ],
    });
    expect(holdReason(drift)).toBe(
      'near_duplicate drops 31.0% of the documents, 8.4% in version 3 (+22.6 points); maxDrift is 10',
    );
  });

  it('holds for a rule that stopped firing as for one that fires more', () => {
    const drift = driftOf(counts(100, { short: 5 }), before, 8);
    expect(holdReason(drift)).toBe(
      'near_duplicate drops 0.0% of the documents, 8.4% in version 3 (−8.4 points); maxDrift is 8',
    );
  });

  it('never holds where it is switched off, and names three reasons at most', () => {
    const reasons = { a: 20, b: 20, c: 20, d: 20 };
    expect(holdReason(driftOf(counts(100, reasons), before, null))).toBeNull();
    expect(holdReason(driftOf(counts(100, reasons), before, 5))).toMatch(/^a .*; b .*; c .*; 2 more; maxDrift is 5$/);
  });

  it('holds if and only if a reason moved by more than the points that are allowed', () => {
    const reasons = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 1, max: 30 }));
    fc.assert(
      fc.property(reasons, reasons, fc.integer({ min: 0, max: 60 }), (old, now, maxDrift) => {
        const last = { version: 1, counts: counts(100, old) };
        const moved = ['a', 'b', 'c'].some((name) => Math.abs((now[name] ?? 0) - (old[name] ?? 0)) > maxDrift);
        // Of a hundred documents each is a point.
        expect(holdReason(driftOf(counts(100, now), last, maxDrift)) !== null).toBe(moved);
      }),
    );
  });

  it('compares empty versions without dividing by nothing', () => {
    const empty = { version: 1, counts: counts(0, {}) };
    expect(holdReason(driftOf(counts(0, {}), empty, 0))).toBeNull();
  });
});
