import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitWord } from '../../../activities/cleaning/text/split-word';

// As spaCy 3.8's English tokenizer cuts them.
const CASES: [string, string][] = [
  ["don't", "do n't"],
  ['(e.g.', '( e.g.'],
  ['this)', 'this )'],
  ['foo(x):', 'foo(x ):'],
  ['x=)', 'x= )'],
  ['US$100', 'US$ 100'],
  ['$5.3', '$ 5.3'],
  ['5km', '5 km'],
  ['10m/s', '10 m/s'],
  ['node_modules/.bin/x', 'node_modules/.bin / x'],
  ['a...b', 'a ... b'],
  ['hello--world', 'hello -- world'],
  ['http://a.com/x?y=z.', 'http://a.com/x?y=z .'],
  ['foo.Bar', 'foo . Bar'],
  ['3*4', '3 * 4'],
  ['v1.2.3,', 'v1.2.3 ,'],
  ['a):b', 'a):b'],
  ['U.S.A.', 'U.S.A.'],
  ['well-known', 'well - known'],
  ['“quoted”', '“ quoted ”'],
  ['it’s', 'it ’s'],
  ['10a.m.', '10 a.m.'],
  ['23°C.', '23 ° C .'],
  ['name@example.org', 'name@example.org'],
  ['…and', '… and'],
];

describe('cutting words', () => {
  it.each(CASES)('cuts %s as the English tokenizer does', (word, tokens) => {
    expect(splitWord(word)).toEqual(tokens.split(' '));
  });

  it('loses no character of any word', () => {
    const pieces = fc.constantFrom(
      "don't",
      '...',
      '--',
      ':)',
      '(',
      ')',
      '.',
      ',',
      "'s",
      '5',
      'km',
      'A',
      'é',
      '中',
      '😀',
      '@',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ minLength: 1, maxLength: 4 })), { minLength: 1 }), (parts) => {
        const word = parts.join('');
        expect(splitWord(word).join('')).toBe(word);
      }),
      { numRuns: 2_000 },
    );
  });

  it('cuts a word of a megabyte in linear time', () => {
    for (const unit of ['(', '.', 'a.', '中', "'", 'a@b.', 'x-', '😀']) {
      const word = unit.repeat(1_000_000 / unit.length);
      expect(splitWord(word).reduce((sum, token) => sum + token.length, 0)).toBe(word.length);
    }
  });
});
