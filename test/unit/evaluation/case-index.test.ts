import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CaseIndex, FEWEST_WHOLE_WORDS, FEWEST_WORDS } from '../../../activities/evaluation/contamination/case-index';
import { simplifiedWords } from '../../../activities/cleaning/references/simplify';

const found = (cases: string[][], ...texts: string[]): number[] => {
  const index = new CaseIndex(cases.map(([asked = '', ...answers]) => ({ asked: [asked], answers })));
  const owners = new Map<number, string>();
  for (const text of texts) index.find(text, owners);
  return [...owners.keys()].sort((a, b) => a - b);
};
const words = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => `word${'abcdefghijklmnopqrstuvwxyz'[(from + at) % 26]}`).join(' ');

describe('cases that stand in texts', () => {
  it('are all found, also those that share what is found', () => {
    const same = words(13);
    expect(found([[same], [`Tell me: ${same}`], [words(13, 9)]], `Before. ${same}, and after.`)).toEqual([0, 1]);
  });

  it('are found whatever the case of letters, the marks and the numbers are', () => {
    const asked = 'How long may I return a lamp that I have bought on 3 May 2024 for 20 dollars?';
    expect(found([[asked]], `FAQ — ${asked.toUpperCase().replace('2024', '1999').replaceAll(' ', '\n')}`)).toEqual([0]);
  });

  it('take 13 words in a row, or a whole text of 8 to 12', () => {
    expect(found([[words(20)]], words(12))).toEqual([]);
    expect(found([[words(20)]], words(13))).toEqual([0]);
    expect(found([[words(9)]], `so ${words(9)} so`)).toEqual([0]);
    expect(found([[words(9)]], words(8))).toEqual([]);
  });

  it('of 3 to 7 words are found where they are all that a text says, by what is asked only', () => {
    expect(found([['Cancel my order!']], 'cancel my order')).toEqual([0]);
    expect(found([['Cancel my order!']], 'please cancel my order')).toEqual([]);
    expect(found([['Why?'], ['Cancel it'], ['Who knows this?', 'the other department']], 'Why?', 'Cancel it')).toEqual(
      [],
    );
    expect(found([['Who knows this?', 'the other department']], 'the other department')).toEqual([]);
  });

  it('are told with the words by which they were found', () => {
    const index = new CaseIndex([{ asked: [`Tell me: ${words(20)}`], answers: [] }]);
    const owners = new Map<number, string>();
    index.find(`It says "${words(15, 3)}".`, owners);
    expect(owners.get(0)).toBe(words(13, 3));
  });

  it('are found by their answers too, and are counted where nothing of them is long enough', () => {
    expect(found([['Why?', words(13)]], words(13))).toEqual([0]);
    const cases = [['Why?', words(13)], ['Why?', 'So.'], ['Why is it so?']];
    const sought = cases.map(([asked = '', ...answers]) => ({ asked: [asked], answers }));
    expect(new CaseIndex(sought).tooShort).toBe(1);
  });

  it('are those that comparing word by word finds', () => {
    const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 24 }).map((letters) => letters.join(' '));
    const plain = (sought: string, among: string): boolean => {
      const [own, other] = [simplifiedWords(sought), simplifiedWords(among)];
      const length = Math.min(own.length, 13);
      if (length < FEWEST_WHOLE_WORDS) return false;
      if (length < FEWEST_WORDS) return own.join(' ') === other.join(' ');
      const runs = (list: string[]) =>
        Array.from({ length: list.length - length + 1 }, (_, at) => list.slice(at, at + length).join(' '));
      return other.length >= length && runs(own).some((run) => runs(other).includes(run));
    };
    fc.assert(
      fc.property(fc.array(text, { maxLength: 4 }), text, (cases, among) => {
        const expected = cases.flatMap((one, at) => (plain(one, among) ? [at] : []));
        expect(
          found(
            cases.map((one) => [one]),
            among,
          ),
        ).toEqual(expected);
      }),
    );
  });
});
