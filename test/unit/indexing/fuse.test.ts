import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, fuseByRank, fuseByScore, SCORE_DEPTH } from '../../../activities/search/fuse';

const list = (...ids: string[]): Candidate[] =>
  ids.map((id, at) => ({ id, document: id.split('-')[0] ?? id, score: ids.length - at }));

describe('fuseByRank', () => {
  it('adds 1 / (60 + rank) over the lists', () => {
    const [first, second, third] = fuseByRank({ bm25: list('a-0', 'b-0'), vector: list('c-0', 'a-1') });
    expect(first).toEqual({ document: 'a', score: 1 / 61 + 1 / 62, ranks: { bm25: 1, vector: 2 }, chunk: 'a-0' });
    expect(second).toEqual({ document: 'c', score: 1 / 61, ranks: { vector: 1 }, chunk: 'c-0' });
    expect(third).toEqual({ document: 'b', score: 1 / 62, ranks: { bm25: 2 }, chunk: 'b-0' });
  });

  it('ranks documents, so that many chunks of one do not push another down', () => {
    const [, second] = fuseByRank({ bm25: list('a-0', 'a-1', 'a-2', 'b-0') });
    expect(second).toMatchObject({ document: 'b', ranks: { bm25: 2 } });
  });

  it('shows the chunk of the better rank, and that of the first list when the ranks are equal', () => {
    expect(fuseByRank({ bm25: list('b-0', 'a-0'), vector: list('a-7') })[0]).toMatchObject({ chunk: 'a-7' });
    expect(fuseByRank({ bm25: list('a-0'), vector: list('a-7') })[0]).toMatchObject({ chunk: 'a-0' });
  });

  const candidates = fc.uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 3 }),
      document: fc.constantFrom('a', 'b', 'c', 'd'),
      score: fc.constantFrom(0.5, 1, 2),
    }),
    { selector: ({ id }) => id, maxLength: 20 },
  );

  it('gives each document once, best first, the same whatever the order of equal candidates', () => {
    fc.assert(
      fc.property(candidates, candidates, (bm25, vector) => {
        const fused = fuseByRank({ bm25, vector });
        const documents = fused.map(({ document }) => document);
        expect(new Set(documents).size).toBe(documents.length);
        expect(new Set(documents)).toEqual(new Set([...bm25, ...vector].map(({ document }) => document)));
        expect(fused.map(({ score }) => score)).toEqual(fused.map(({ score }) => score).sort((a, b) => b - a));
        expect(fuseByRank({ bm25: [...bm25].reverse(), vector: [...vector].reverse() })).toEqual(fused);
      }),
    );
  });
});

describe('fuseByScore', () => {
  const scored = (...entries: [string, number][]): Candidate[] =>
    entries.map(([id, score]) => ({ id, document: id.split('-')[0] ?? id, score }));

  it('sums the weighted scores, each list brought to 0 to 1', () => {
    const words = scored(['a-0', 20], ['b-0', 10]);
    const meaning = scored(['b-1', 0.9], ['c-0', 0.45]);
    const fused = fuseByScore({ bm25: words, vector: meaning }, { bm25: 1, vector: 2 });
    expect(fused).toEqual([
      { document: 'b', score: 0.5 + 2, ranks: { bm25: 2, vector: 1 }, chunk: 'b-1' },
      { document: 'a', score: 1, ranks: { bm25: 1 }, chunk: 'a-0' },
      { document: 'c', score: 1, ranks: { vector: 2 }, chunk: 'c-0' },
    ]);
  });

  it('takes the hundredth chunk as 0, and what is behind it as well', () => {
    const long = scored(
      ...Array.from({ length: SCORE_DEPTH + 20 }, (_, at): [string, number] => [`d${at}-0`, 200 - at]),
    );
    const byDocument = new Map(
      fuseByScore({ bm25: long }, { bm25: 1 }).map(({ document, score }) => [document, score]),
    );
    expect(byDocument.get('d0')).toBe(1);
    expect(byDocument.get(`d${SCORE_DEPTH - 1}`)).toBe(0);
    expect(byDocument.get(`d${SCORE_DEPTH + 10}`)).toBe(0);
  });

  it('does not change when the scores of a full list are stretched and moved', () => {
    // Thousandths: of two scores that differ by less than a double can tell, nothing is left once eight is added.
    const score = fc.integer({ min: 0, max: 50_000 }).map((thousandths) => thousandths / 1000);
    fc.assert(
      fc.property(fc.array(score, { minLength: SCORE_DEPTH, maxLength: SCORE_DEPTH + 10 }), (scores) => {
        const list = scored(...scores.map((value, at): [string, number] => [`d${at}-0`, value]));
        const moved = list.map((entry) => ({ ...entry, score: 2 * entry.score + 8 }));
        const [before, after] = [list, moved].map((bm25) => fuseByScore({ bm25 }, { bm25: 1 }));
        for (const [at, { score: value }] of (before ?? []).entries()) expect(after?.[at]?.score).toBeCloseTo(value, 6);
      }),
      { numRuns: 20 },
    );
  });

  it('lets a list without a weight decide nothing', () => {
    const words = scored(['a-0', 2], ['b-0', 1]);
    const [first] = fuseByScore({ bm25: words, vector: scored(['b-0', 9]) }, { bm25: 1 });
    expect(first).toMatchObject({ document: 'a', score: 1 });
  });
});
