import { describe, expect, it } from 'vitest';
import { BANDS, MinHash } from '../../../activities/cleaning/dedup/minhash';
import { Shingles } from '../../../activities/cleaning/dedup/shingles';
import { IntList } from '../../../activities/cleaning/text/growable';
import { mix } from '../../../activities/cleaning/text/rolling-hash';

/** 1-(1-s^8)^14 for each similarity s. */
const CHANCE: [number, number][] = [0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95].map((s) => [
  s,
  1 - (1 - s ** 8) ** BANDS,
]);

const shareBand = (a: Int32Array, b: Int32Array): boolean =>
  Array.from({ length: BANDS }, (_, band) => band).some(
    (band) => a[2 * band] === b[2 * band] && a[2 * band + 1] === b[2 * band + 1],
  );

describe('MinHash of 14 bands of 8', () => {
  it.each(CHANCE)('two sets of similarity %d share a band with the chance of the formula, within 0.02', (s, chance) => {
    const minhash = new MinHash();
    // 4,000 pairs: two standard deviations are at most 0.016.
    const [pairs, union] = [4_000, 200];
    let [counter, hits] = [1, 0];
    for (let pair = 0; pair < pairs; pair++) {
      const [a, b] = [new IntList(), new IntList()];
      for (let index = 0; index < union; index++) {
        const shingle = mix((counter = (counter + 0x9e3779b9) | 0));
        const inBoth = index < Math.round(union * s);
        if (inBoth || index % 2 === 0) a.push(shingle);
        if (inBoth || index % 2 === 1) b.push(shingle);
      }
      const first = Int32Array.from(minhash.bandsOf(a));
      if (shareBand(first, minhash.bandsOf(b))) hits++;
    }
    expect(Math.abs(hits / pairs - chance)).toBeLessThan(0.02);
  });

  it('is always the same for the same text: signatures of other runs are compared with it', () => {
    const shingles = new Shingles().of('one two three four five six');
    expect([...new MinHash().bandsOf(shingles).subarray(0, 4)]).toMatchInlineSnapshot(`
      [
        -1013888723,
        1499308346,
        620666767,
        -39911321,
      ]
    `);
  });
});

describe('shingles', () => {
  const of = (text: string) => [...new Shingles().of(text).values.subarray(0, new Shingles().of(text).length)];

  it('are one for every five words in a row, none for fewer', () => {
    expect(of('one two three four five six')).toHaveLength(2);
    expect(of('one two three four')).toHaveLength(0);
  });

  it.each([
    ['case', 'One TWO three Four five'],
    ['punctuation and control characters', '«one», two... three\u0007four (five)!'],
    ['white space', '  one\ttwo\n\nthree\u00a0four five '],
    ['accents', 'öne twò thrée four fivé'],
  ])('do not see %s', (_what, text) => expect(of(text)).toEqual(of('one two three four five')));

  it('take every number for the same, of any script and with one decimal part', () => {
    const same = of('it costs 0 euros today');
    expect(of('it costs 1,234 euros today')).toEqual(same);
    expect(of('it costs 7.5 euros today')).toEqual(same);
    expect(of('it costs ٣٫٥ euros today')).toEqual(same);
    // A second separator ends the number, as in datatrove.
    expect(of('it costs 1.2.3 euros today')).toEqual(of('it costs 0 0 euros today'));
  });

  it('see the order of words', () => {
    expect(of('one two three four five')).not.toEqual(of('one two three five four'));
  });
});
