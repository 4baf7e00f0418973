import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Ngrams } from '../../../activities/cleaning/rules/ngrams';
import { Words } from '../../../activities/cleaning/text/words';

// datatrove's own way, with the texts of all n-grams.
function topByText(tokens: string[], n: number): number | undefined {
  const counts = new Map<string, number>();
  for (let start = 0; start + n <= tokens.length; start++) {
    const ngram = tokens.slice(start, start + n).join(' ');
    counts.set(ngram, (counts.get(ngram) ?? 0) + 1);
  }
  let top: [string, number] | undefined;
  for (const entry of counts) if (!top || entry[1] > top[1]) top = entry;
  return top && top[0].length * top[1];
}

function duplicatesByText(tokens: string[], n: number): number {
  const seen = new Set<string>();
  let chars = 0;
  for (let start = 0; start + n <= tokens.length;) {
    const ngram = tokens.slice(start, start + n).join('');
    if (seen.has(ngram)) {
      chars += ngram.length;
      start += n;
    } else {
      seen.add(ngram);
      start++;
    }
  }
  return chars;
}

// Few short words, so that they repeat, and run into one another where they are joined without blanks.
const tokens = fc.array(fc.constantFrom('a', 'b', 'aa', 'ab', 'ba', 'xyz'), { maxLength: 120 });

describe('n-grams by rolling hash', () => {
  const [words, ngrams] = [new Words({ words: 'english', stopWords: [] }), new Ngrams()];

  it('finds the most common one as comparing texts does', () => {
    fc.assert(
      fc.property(tokens, fc.integer({ min: 2, max: 4 }), (list, n) => {
        words.read(list.join(' '));
        ngrams.load(words);
        expect(ngrams.topChars(n)).toBe(topByText(list, n));
      }),
      { numRuns: 500 },
    );
  });

  it('finds repeated ones as comparing texts does, jumping over what was counted', () => {
    fc.assert(
      fc.property(tokens, fc.integer({ min: 5, max: 10 }), (list, n) => {
        words.read(list.join(' '));
        ngrams.load(words);
        ngrams.loadJoined(words);
        expect(ngrams.duplicateChars(n)).toBe(duplicatesByText(list, n));
      }),
      { numRuns: 500 },
    );
  });
});
