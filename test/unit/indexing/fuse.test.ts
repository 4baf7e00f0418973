import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Candidate, fuseByRank } from '../../../activities/search/fuse';

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
