import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BANDS, MinHash } from '../../../activities/cleaning/dedup/minhash';
import { createKernel, GROUP } from '../../../activities/cleaning/dedup/minhash-kernel';
import { Shingles } from '../../../activities/cleaning/dedup/shingles';
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
      const [a, b]: [number[], number[]] = [[], []];
      for (let index = 0; index < union; index++) {
        const shingle = mix((counter = (counter + 0x9e3779b9) | 0));
        const inBoth = index < Math.round(union * s);
        if (inBoth || index % 2 === 0) a.push(shingle);
        if (inBoth || index % 2 === 1) b.push(shingle);
      }
      const first = Int32Array.from(minhash.bandsOf(Int32Array.from(a)));
      if (shareBand(first, minhash.bandsOf(Int32Array.from(b)))) hits++;
    }
    expect(Math.abs(hits / pairs - chance)).toBeLessThan(0.02);
  });

  it('has the minima that a plain loop finds, however many shingles there are', () => {
    const kernel = createKernel(4 * (3 * GROUP + 1000));
    const { memory, advance } = kernel;
    fc.assert(
      fc.property(fc.array(fc.integer(), { minLength: 1, maxLength: 900 }), (values) => {
        const table = Int32Array.from({ length: 2 * GROUP }, (_, index) => mix(index + values.length));
        memory.set(table);
        memory.fill(0x7fffffff, 2 * GROUP, 3 * GROUP);
        memory.set(values, 3 * GROUP);
        advance(3 * GROUP * 4, (3 * GROUP + values.length) * 4, 0, 2 * GROUP * 4);
        const permuted = (k: number) =>
          values.map((value) => (Math.imul(table[k] ?? 0, value) + (table[GROUP + k] ?? 0)) | 0);
        const minima = Array.from({ length: GROUP }, (_, k) => Math.min(...permuted(k)));
        expect([...memory.subarray(2 * GROUP, 3 * GROUP)]).toEqual(minima);
      }),
    );
  });

  it('is always the same for the same text: signatures of other runs are compared with it', () => {
    const shingles = new Shingles().of('one two three four five six');
    expect([...new MinHash().bandsOf(shingles).subarray(0, 4)]).toMatchInlineSnapshot(`
      [
        1404454442,
        -1444589030,
        -237322150,
        -543170138,
      ]
    `);
  });
});

describe('shingles', () => {
  const of = (text: string) => [...new Shingles().of(text)];

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

  it('are the same wherever in a text they stand', () => {
    expect(of('and one two three four five')[1]).toBe(of('one two three four five')[0]);
  });

  it('take Chinese characters and kana for words of one character, with no blanks between them', () => {
    expect(of('我们今天去北京')).toHaveLength(3);
    expect(of('我们今天去北京')).toEqual(of('我 们 今 天 去 北 京'));
    expect(of('ひらがなと漢字')).toHaveLength(3);
    expect(of('版本temporal一二三')).toEqual(of('版 本 temporal 一 二 三'));
  });

  it('see the order of words', () => {
    expect(of('one two three four five')).not.toEqual(of('one two three five four'));
  });
});
