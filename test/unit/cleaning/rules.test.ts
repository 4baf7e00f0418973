import { describe, expect, it } from 'vitest';
import { Judge } from '../../../activities/cleaning/rules/judge';
import { RECIPES, type CleaningRules } from '../../../schemas/recipes';

/** All rules off but those given. */
const only = (rules: Partial<CleaningRules>): CleaningRules => ({
  ...RECIPES.minimal,
  filters: ['repetition', 'quality', 'fineweb'],
  minWords: null,
  ...rules,
});
const judge = (text: string, rules: Partial<CleaningRules>) => new Judge(only(rules)).judge({ text, url: null }).reason;

/** Different words, none of them a stop word: letters only, `length` of them each. */
const words = (count: number, length = 5): string[] =>
  Array.from({ length: count }, (_, index) => {
    const letters = [...index.toString(26)].map((digit) => 'abcdefghijklmnopqrstuvwxyz'.charAt(parseInt(digit, 26)));
    return letters.join('').padStart(length, 'q');
  });
const text = (count: number, length?: number) => words(count, length).join(' ');

/** A text on the threshold, which passes, and one just past it, with the reason for which it is dropped. */
const AT_THRESHOLD: [string, Partial<CleaningRules>, string, string][] = [
  ['gopher_short_doc', { minWords: 50 }, text(50), text(49)],
  ['gopher_long_doc', { maxWords: 100 }, text(100), text(101)],
  ['gopher_below_avg_threshold', { minMeanWordLength: 3 }, text(20, 3), `${text(20, 3)} ab`],
  ['gopher_above_avg_threshold', { maxMeanWordLength: 10 }, text(20, 10), `${text(19, 10)} ${'z'.repeat(11)}`],
  // The number signs are tokens too: 2 of 20, and 3 of 23.
  ['gopher_too_many_hashes', { maxHashesPerWord: 0.1 }, `${text(18)} # #`, `${text(20)} # # #`],
  ['gopher_too_many_ellipsis', { maxEllipsesPerWord: 0.1 }, `${text(18)} ... …`, `${text(20)} ... … ...`],
  ['gopher_too_many_bullets', { maxBulletLines: 0.5 }, '- one\ntwo', '- one\n  • two\nthree'],
  ['gopher_too_many_end_ellipsis', { maxEllipsisLines: 0.5 }, 'one...\ntwo', 'one...\ntwo… \nthree'],
  ['gopher_below_alpha_threshold', { minAlphabeticWords: 0.8 }, `${text(8)} 1 2`, `${text(8)} 1 2 3`],
  ['gopher_enough_stop_words', { minStopWords: 2 }, 'the cat of', 'the the The OF'],
  ['dup_para_frac', { maxDuplicateParagraphs: 0.5 }, 'a\n\na', 'a\n\na\n\na'],
  ['dup_para_char_frac', { maxDuplicateParagraphChars: 0.25 }, 'aa\n\naa\n\n', 'aa\n\naa\n'],
  ['dup_line_frac', { maxDuplicateLines: 0.5 }, 'a\na', 'a\na\na'],
  ['dup_line_char_frac', { maxDuplicateLineChars: 0.25 }, 'aa\naa\nbb', 'aa\naa\nb'],
  // "aaa bbb" twice: 14 of 28 characters; past it, of 27.
  ['top_2_gram', { maxTopNgramChars: [0.5, 1, 1] }, 'aaa bbb ccccc aaa bbb dddddd', 'aaa bbb ccccc aaa bbb ddddd'],
  ['top_3_gram', { maxTopNgramChars: [1, 0.5, 1] }, `a b c ${'d'.repeat(8)} a b c`, `a b c ${'d'.repeat(7)} a b c`],
  [
    'top_4_gram',
    { maxTopNgramChars: [1, 1, 0.5] },
    `a b c d ${'e'.repeat(12)} a b c d`,
    `a b c d ${'e'.repeat(11)} a b c d`,
  ],
  // Five letters seen before, of 20 characters; past it, of 19.
  [
    'duplicated_5_n_grams',
    { maxDuplicateNgramChars: [0.25, 1, 1, 1, 1, 1] },
    'a b c d e a b c d e ',
    'a b c d e a b c d e',
  ],
  ['line_punct_ratio', { minPunctuatedLines: 0.5 }, 'one.\ntwo', 'one.\ntwo\nthree'],
  ['short_line_ratio', { maxShortLines: 0.5 }, `${'x'.repeat(31)}\nshort`, `${'x'.repeat(30)}\nshort`],
  ['char_dup_ratio', { maxDuplicatedLineChars: 0.25 }, 'aa\naa\nbbbb', 'aa\naa\nbbb'],
  ['list_ratio', { maxNewlinesPerWord: 0.5 }, 'one two\nthree four\n', 'one two\nthree\n'],
];

describe('cleaning rules', () => {
  it.each(AT_THRESHOLD)('%s: the threshold itself passes, what is past it does not', (reason, rules, at, past) => {
    expect(judge(at, rules)).toBeNull();
    expect(judge(past, rules)).toBe(reason);
  });

  it.each(AT_THRESHOLD)('%s: null switches it off', (_reason, rules, _at, past) => {
    const off = Object.fromEntries(Object.keys(rules).map((rule) => [rule, null]));
    expect(judge(past, off)).toBeNull();
  });

  it.each([6, 7, 8, 9, 10])('duplicated_%d_n_grams looks at n-grams of that many words', (n) => {
    const most = [1, 1, 1, 1, 1, 1] as NonNullable<CleaningRules['maxDuplicateNgramChars']>;
    most[n - 5] = 0.1;
    const once = words(n).join(' ');
    expect(judge(`${once} ${once}`, { maxDuplicateNgramChars: most })).toBe(`duplicated_${n}_n_grams`);
    expect(judge(`${once} other ${words(n - 1).join(' ')}`, { maxDuplicateNgramChars: most })).toBeNull();
  });

  it('names the first rule broken, in the order repetition, quality, FineWeb', () => {
    const broken = 'short\nshort\nshort';
    expect(new Judge(RECIPES.fineweb).judge({ text: broken, url: null }).reason).toBe('dup_line_frac');
    expect(judge(broken, { minWords: 50, minPunctuatedLines: 0.12 })).toBe('gopher_short_doc');
    expect(judge(broken, { minPunctuatedLines: 0.12 })).toBe('line_punct_ratio');
  });

  it('counts characters as code points, not as UTF-16 units', () => {
    // 30 astral characters are a short line, though they are 60 units.
    expect(judge('𝒳'.repeat(30), { maxShortLines: 0.5 })).toBe('short_line_ratio');
    expect(judge(`${'𝒳'.repeat(10)} ${'𝒳'.repeat(10)}`, { maxMeanWordLength: 10 })).toBeNull();
  });

  it('takes full stops of other scripts for the end of a sentence', () => {
    expect(judge('这是一句话。', { minPunctuatedLines: 0.5 })).toBeNull();
    expect(judge('यह एक वाक्य है।', { minPunctuatedLines: 0.5 })).toBeNull();
    expect(judge('no end', { minPunctuatedLines: 0.5 })).toBe('line_punct_ratio');
  });

  it('gives the same verdict however often and after whatever it is asked', () => {
    const rules = new Judge(RECIPES.fineweb);
    const texts = AT_THRESHOLD.flatMap(([, , at, past]) => [at, past]);
    const first = texts.map((one) => rules.judge({ text: one, url: null }));
    expect(
      [...texts]
        .reverse()
        .map((one) => rules.judge({ text: one, url: null }))
        .reverse(),
    ).toEqual(first);
  });
});
