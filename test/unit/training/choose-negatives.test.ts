import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseNegatives } from '../../../activities/training/mining/choose-negatives';

const ranked = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 3 }), { maxLength: 40 });

describe('negatives of a query', () => {
  it('stand between the ranks, do not answer it, come once, and are as many as there are', () => {
    const input = fc.record({
      ranked,
      from: fc.integer({ min: 1, max: 20 }),
      more: fc.nat(30),
      count: fc.nat(50),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(input, fc.func(fc.boolean()), ({ ranked, from, more, count, seed }, answers) => {
        const to = from + more;
        const relevant = new Set(ranked.filter((document) => answers(document)));
        const chosen = chooseNegatives(ranked, relevant, { from, to }, count, seed);
        const allowed = ranked.filter((document, at) => at + 1 >= from && at + 1 <= to && !relevant.has(document));
        expect(chosen).toHaveLength(Math.min(count, allowed.length));
        expect(new Set(chosen).size).toBe(chosen.length);
        for (const document of chosen) expect(allowed).toContain(document);
        expect(chooseNegatives(ranked, relevant, { from, to }, count, seed)).toEqual(chosen);
      }),
    );
  });

  it('are drawn by the seed', () => {
    const many = Array.from({ length: 40 }, (_, at) => String(at));
    const draw = (seed: number) => chooseNegatives(many, new Set(), { from: 1, to: 40 }, 10, seed);
    expect(draw(1)).not.toEqual(draw(2));
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 4_000; seed += 1)
      for (const document of draw(seed)) counts.set(document, (counts.get(document) ?? 0) + 1);
    // 1,000 expected of each; five standard deviations of a binomial are 137.
    for (const document of many) expect(Math.abs((counts.get(document) ?? 0) - 1_000)).toBeLessThan(137);
  });
});
