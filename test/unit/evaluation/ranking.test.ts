import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  averagePrecisionAt,
  gainsFrom,
  ndcgAt,
  recallAt,
  reciprocalRankAt,
} from '../../../activities/evaluation/metrics/ranking';

const gains = (entries: Record<string, number>) => new Map(Object.entries(entries));

describe('nDCG', () => {
  it('is the discounted sum of gains over that of the best order', () => {
    const known = gains({ a: 3, b: 2, c: 1 });
    // Worked by hand: (2 + 3 / log2(3) + 1 / log2(5)) / (3 + 2 / log2(3) + 1 / log2(4)).
    const expected = (2 + 3 / Math.log2(3) + 1 / Math.log2(5)) / (3 + 2 / Math.log2(3) + 0.5);
    expect(ndcgAt(['b', 'a', 'x', 'c'], known, 10)).toBeCloseTo(expected, 12);
    expect(ndcgAt(['a', 'b', 'c'], known, 10)).toBe(1);
    expect(ndcgAt(['a'], known, 1)).toBe(1);
  });

  it('is 0 where nothing is found, or nothing could be', () => {
    expect(ndcgAt(['x', 'y'], gains({ a: 1 }), 10)).toBe(0);
    expect(ndcgAt(['x', 'y'], gains({}), 10)).toBe(0);
    expect(ndcgAt([], gains({ a: 1 }), 10)).toBe(0);
  });
});

describe('recall and reciprocal rank', () => {
  it('count what is among the first k', () => {
    const known = gains({ a: 1, b: 4 });
    expect(recallAt(['x', 'a', 'b'], known, 2)).toBe(1 / 2);
    expect(recallAt(['x', 'a', 'b'], known, 3)).toBe(1);
    expect(reciprocalRankAt(['x', 'a', 'b'], known, 3)).toBe(1 / 2);
    expect(reciprocalRankAt(['x', 'y', 'z', 'a'], known, 3)).toBe(0);
  });
});

describe('average precision', () => {
  it('is the precision at each answer, over all answers there are', () => {
    const known = gains({ a: 1, b: 4, c: 2 });
    expect(averagePrecisionAt(['x', 'a', 'b'], known, 10)).toBeCloseTo((1 / 2 + 2 / 3) / 3, 12);
    expect(averagePrecisionAt(['x', 'a', 'b'], known, 2)).toBeCloseTo(1 / 2 / 3, 12);
    expect(averagePrecisionAt(['x', 'a', 'b'], gainsFrom(known, 2), 10)).toBeCloseTo(1 / 3 / 2, 12);
  });
});

describe.each(Object.entries({ averagePrecisionAt, ndcgAt, recallAt, reciprocalRankAt }))('%s', (_name, metric) => {
  const document = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g');
  const known = fc.uniqueArray(fc.tuple(document, fc.integer({ min: 1, max: 4 })), { selector: ([id]) => id });
  const ranked = fc.uniqueArray(document);
  const k = fc.integer({ min: 1, max: 8 });

  it('lies between 0 and 1, and is 1 for the best order', () => {
    fc.assert(
      fc.property(ranked, known, k, (list, entries, depth) => {
        const value = metric(list, new Map(entries), depth);
        expect(value).toBeGreaterThanOrEqual(0);
        expect(value).toBeLessThanOrEqual(1 + 1e-12);
        if (entries.length === 0 || entries.length > depth) return;
        const ideal = [...entries].sort(([, a], [, b]) => b - a).map(([id]) => id);
        expect(metric(ideal, new Map(entries), depth)).toBeCloseTo(1, 12);
      }),
    );
  });

  it('does not fall when a document that answers moves up, or when another is added behind', () => {
    fc.assert(
      fc.property(ranked, known, k, fc.nat(), (list, entries, depth, place) => {
        const answers = new Map(entries);
        const at = place % Math.max(1, list.length);
        const [here, above] = [list[at], list[at - 1]];
        if (here === undefined || above === undefined || (answers.get(here) ?? 0) <= (answers.get(above) ?? 0)) return;
        const better = list.toSpliced(at - 1, 2, here, above);
        expect(metric(better, answers, depth)).toBeGreaterThanOrEqual(metric(list, answers, depth) - 1e-12);
        expect(metric([...list, 'z'], answers, depth)).toBe(metric(list, answers, depth));
      }),
    );
  });

  it('counts a document that is listed twice once', () => {
    fc.assert(
      fc.property(ranked, known, k, (list, entries, depth) => {
        const twice = list.flatMap((id) => [id, id]);
        expect(metric(twice, new Map(entries), depth)).toBe(metric(list, new Map(entries), depth));
      }),
    );
  });
});
