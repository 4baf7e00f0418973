import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFailure } from '../../../activities/errors';
import { foldOf, FOLDS, isHeldOut, parseGolden } from '../../../activities/relevance/golden';

const parse = (...lines: string[]) => parseGolden(lines, 'golden.jsonl');
const line = (query: string, relevant: unknown) => JSON.stringify({ query, relevant });

describe('golden queries', () => {
  it('name documents, or a gain for each', async () => {
    expect(
      await parse(line('a pump', ['p.md', 'q.md']), '', line('泵', { 'p.md': 3, 'q.md': 0.5, 'x.md': 0 })),
    ).toEqual([
      { query: 'a pump', gains: new Map(Object.entries({ 'p.md': 1, 'q.md': 1 })) },
      { query: '泵', gains: new Map(Object.entries({ 'p.md': 3, 'q.md': 0.5 })) },
    ]);
  });

  it('are taken together where the same query is named twice, with the higher gain', async () => {
    expect(await parse(line('pump', { a: 1, b: 2 }), line(' pump ', { a: 3, b: 1 }))).toEqual([
      { query: 'pump', gains: new Map(Object.entries({ a: 3, b: 2 })) },
    ]);
  });

  it.each([
    ['is no JSON', '{"query": "pump", relevant}', 'Line 2 of "golden.jsonl"'],
    ['has no query', line('  ', ['a']), 'query'],
    ['names no document', line('pump', []), 'relevant'],
    ['has no gain above 0', line('pump', { a: 0 }), 'names no document with a gain above 0'],
    ['has a gain below 0', line('pump', { a: -1 }), 'relevant'],
    ['has a field that nobody knows', JSON.stringify({ query: 'pump', relevant: ['a'], k: 3 }), 'Line 2'],
  ])('are refused where a line %s, by its number, with an example', async (_what, wrong, told) => {
    const error: unknown = await parse(line('valve', ['v']), wrong).catch((thrown: unknown) => thrown);
    expect(isFailure(error, 'ReferenceUnreadable')).toBe(true);
    expect(String(error)).toContain('Line 2');
    expect(String(error)).toContain(told);
    expect(String(error)).toContain('Example: {"query"');
  });

  it('are refused where there is none', async () => {
    await expect(parse('', ' ')).rejects.toSatisfy((error) => isFailure(error, 'ReferenceUnreadable'));
  });

  it('stay in their fold whatever else is asked, and two of five are held out', () => {
    const queries = Array.from({ length: 2_000 }, (_, at) => `question ${at}`);
    const held = queries.filter((query) => isHeldOut({ query, gains: new Map() }));
    // Four standard errors of a share of 0.4 in 2,000.
    expect(Math.abs(held.length / queries.length - 0.4)).toBeLessThan(0.044);
    fc.assert(
      fc.property(fc.string(), (query) => {
        expect(foldOf(query)).toBeGreaterThanOrEqual(0);
        expect(foldOf(query)).toBeLessThan(FOLDS);
      }),
    );
    // Kept for ever: another deal would fit on what earlier gates have judged by.
    expect(['how are seals replaced?', 'a pump', '泵'].map(foldOf)).toMatchInlineSnapshot(`
      [
        0,
        2,
        0,
      ]
    `);
  });
});
