import { describe, expect, it } from 'vitest';
import { Judge } from '../../../activities/cleaning/rules/judge';
import { RECIPES, type RuleOverrides } from '../../../schemas/recipes';

const judge = (text: string, rules: RuleOverrides = {}) =>
  new Judge({ ...RECIPES.c4, minSentences: null, ...rules }).judge({ text, url: null });

/** Lines that stay, and lines that go, each alone among lines that stay. */
const LINES: [string, string, string | undefined][] = [
  ['keeps a line that ends', 'One two three.', 'One two three.'],
  ['keeps quotes at the end', 'He said "one two three"', 'He said "one two three"'],
  ['leaves out a line without an end', 'One two three', undefined],
  ['leaves out a line that trails off', 'One two three...', undefined],
  ['leaves out a line of two words', 'One two.', undefined],
  ['counts words before citations are taken out', 'One [1] [2].', 'One  .'],
  ['takes citations out', 'One two[1] three[edit] four[citation needed].', 'One two three four.'],
  ['takes citations in digits of other scripts out', 'One two three[١٢].', 'One two three.'],
  ['leaves out a mention of JavaScript', 'Please enable JavaScript now.', undefined],
  ['leaves out a policy', 'We use cookies on this site.', undefined],
  ['finds what a citation has cut in two', 'Our privacy pol[1]icy is here.', undefined],
  ['leaves out a line with a word of 1,001 characters', `One two three ${'x'.repeat(1000)}.`, undefined],
  ['keeps a word of 1,000, by code points', `One two three ${'𝒳'.repeat(999)}.`, `One two three ${'𝒳'.repeat(999)}.`],
  ['takes white space around off', '\u00a0 One two three.\u3000', 'One two three.'],
];

describe('C4', () => {
  it.each(LINES)('%s', (_what, line, kept) => {
    const text = `The first line stays.\n${line}\nThe last line stays.`;
    const lines = ['The first line stays.', ...(kept === undefined ? [] : [kept]), 'The last line stays.'];
    expect(judge(text)).toMatchObject({ reason: null, text: lines.join('\n') });
  });

  it('ends lines where Python does', () => {
    const ends = ['\r\n', '\r', '\v', '\f', '\x1c', '\x85', '\u2028', '\u2029'];
    const text = ends.map((end, index) => `This is line ${index}.${end}`).join('');
    expect(judge(text).text).toBe(ends.map((_, index) => `This is line ${index}.`).join('\n'));
    // A separator of units is white space, and ends no line.
    expect(judge('One two\x1fthree four.').text).toBe('One two\x1fthree four.');
  });

  it('drops documents, unless the line went before for another reason', () => {
    expect(judge('Lorem Ipsum dolor sit.').reason).toBe('lorem_ipsum');
    expect(judge('function f() { return.').reason).toBe('curly_bracket');
    expect(judge('lorem ipsum').reason).toBeNull();
    expect(judge('A { in javascript stays.').reason).toBeNull();
    expect(judge('One { two three.\nThen lorem ipsum comes.').reason).toBe('curly_bracket');
    expect(judge('One { two three.\nThen lorem ipsum comes.', { dropCurlyBrackets: false }).reason).toBe('lorem_ipsum');
  });

  it.each([
    [1, 'One two three.'],
    [2, 'One two three. Four five.'],
    [1, 'One two three... four five.'],
    [2, 'Who is it?! It is I.'],
    [1, 'Version 1.2.3 of e.g. this.'],
    [2, 'One two three.  "And four."'],
    [2, '一二三 四五六 七八九。 十 百 千.'],
  ])('counts %d sentences', (sentences, text) => {
    expect(judge(text, { minSentences: sentences }).reason).toBeNull();
    expect(judge(text, { minSentences: sentences + 1 }).reason).toBe('too_few_sentences');
  });

  it('says which lines it left out', () => {
    const one = new Judge(RECIPES.c4);
    one.judge({ text: 'No end here\nOne.\nUse javascript now please.\nUse cookies at will.', url: null });
    expect(one.lines).toEqual({ too_long_word: 0, no_terminal_punc: 1, too_few_words: 1, javascript: 1, policy: 1 });
  });

  it('hands FineWeb the text that is left, with its own words', () => {
    const rules: RuleOverrides = { filters: ['c4', 'fineweb'], maxNewlinesPerWord: 0.25 };
    const text = 'One two three four.\nx\nx\nx\nFive six seven eight.';
    expect(judge(text, { ...rules, filters: ['fineweb'] }).reason).toBe('list_ratio');
    // One line break in ten tokens.
    expect(judge(text, rules)).toMatchObject({ reason: null, words: 8 });
  });

  it('keeps texts with three long lines only where mC4 asks for them', () => {
    const long = 'x'.repeat(200);
    const rules: RuleOverrides = { filters: ['paragraphs'], minThirdLongestLine: 200 };
    expect(judge([long, long, long].join('\n'), rules).reason).toBeNull();
    expect(judge([long, long, long.slice(1)].join('\n'), rules).reason).toBe('< 3 paragraphs');
    expect(judge([long, long].join('\n'), rules).reason).toBe('< 3 paragraphs');
  });
});
