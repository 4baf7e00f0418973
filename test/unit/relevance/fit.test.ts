import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mulberry32 } from '../../../activities/kit/random';
import { describeFit } from '../../../activities/relevance/describe';
import { fitFusion, type FitSource } from '../../../activities/relevance/fit';
import { ScoreTable } from '../../../activities/relevance/score-table';
import { type Candidate, fuseByScore } from '../../../activities/search/fuse';

const DOCUMENTS = Array.from({ length: 120 }, (_, at) => `d${at}`);
const QUERIES = Array.from({ length: 60 }, (_, at) => ({ query: `q${at}`, gains: new Map([[`d${at}`, 1]]) }));

/** Scores that look random, with the document that answers put up by `lift`. */
function list(query: string, kind: string, lift: number): Candidate[] {
  const seed = [...`${query} ${kind}`].reduce((sum, char) => Math.imul(sum, 31) + char.charCodeAt(0), 7);
  const random = mulberry32(seed);
  return DOCUMENTS.map((document) => {
    const answers = document === `d${query.slice(1)}`;
    return { id: `${document}-0`, document, score: random() + (answers ? lift : 0) };
  });
}

const source = (lift: { words: number; vector: number; like: number }): FitSource => ({
  first: (query) =>
    Promise.resolve({ bm25: list(query, 'words', lift.words), vector: list(query, 'vector', lift.vector) }),
  like: (query) =>
    Promise.resolve({
      likeWords: list(query, 'likeWords', lift.like),
      likeVector: list(query, 'likeVector', lift.like),
    }),
});

describe('a fit', () => {
  it('leaves vectors out where they say nothing, and says so', async () => {
    const fit = await fitFusion(QUERIES, source({ words: 1, vector: 0, like: 0 }));
    expect(fit).toMatchObject({ way: 'words', queries: 60 });
    expect(fit.ways.words.fusion).toEqual({ method: 'weighted', words: 1, vector: 0, feedback: null });
    expect(describeFit('cjk', fit)).toMatch(
      /^Chinese, Japanese, Korean \(60 queries\): words alone: vectors off, this encoder does not understand it; nDCG@10 1\.000/,
    );
  });

  it('leaves words out where they say nothing', async () => {
    const { way, ways } = await fitFusion(QUERIES, source({ words: 0, vector: 0.9, like: 0 }));
    expect(way).toBe('weighted');
    expect(ways.weighted.fusion).toMatchObject({ feedback: null });
    expect(ways.weighted.ndcg.mean).toBeGreaterThan(ways.rrf.ndcg.mean);
    if (ways.weighted.fusion.method === 'weighted') expect(ways.weighted.fusion.vector).toBeGreaterThan(0.7);
  });

  it('takes feedback where that finds what the first search does not', async () => {
    const { way, ways } = await fitFusion(QUERIES, source({ words: 0.4, vector: 0.4, like: 0.8 }));
    expect(way).toBe('feedback');
    expect(ways.feedback.ndcg.mean).toBeGreaterThan(ways.weighted.ndcg.mean + 0.2);
  });

  it('takes no feedback, and no more than words, where all answer alike', async () => {
    const { way } = await fitFusion(QUERIES, source({ words: 2, vector: 2, like: 2 }));
    expect(way).toBe('words');
  });

  it('is the same for the same lists', async () => {
    const lift = { words: 0.5, vector: 0.4, like: 0.3 };
    expect(await fitFusion(QUERIES, source(lift))).toEqual(await fitFusion(QUERIES, source(lift)));
  });
});

describe('a score table', () => {
  const candidates = fc.uniqueArray(
    fc.record({
      id: fc.string({ minLength: 1, maxLength: 3 }),
      document: fc.constantFrom('a', 'b', 'c', 'd'),
      score: fc.constantFrom(0.5, 1, 2, 3),
    }),
    { selector: ({ id }) => id, maxLength: 20 },
  );
  const weight = fc.constantFrom(0.5, 1, 2);

  it('ranks as the search fuses', () => {
    fc.assert(
      fc.property(candidates, candidates, weight, weight, (bm25, vector, words, meaning) => {
        const weights = { bm25: words, vector: meaning };
        const fused = fuseByScore({ bm25, vector }, weights).filter(({ score }) => score > 0);
        expect(new ScoreTable({ bm25, vector }).rank(weights, 10)).toEqual(fused.map(({ document }) => document));
      }),
    );
  });
});
