import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonByScores } from '../../../activities/cleaning/rules/by-scores';
import { Judge } from '../../../activities/cleaning/rules/judge';
import { RECIPES, type CleaningRules } from '../../../schemas/recipes';

const line = fc.constantFrom(
  'The cat sat on the mat and that was to be seen.',
  'A line with a { bracket in it.',
  'Lorem ipsum dolor sit amet of the kind.',
  'short',
  '- a bullet of the list',
  'It goes on and on...',
  '',
  '# # # 1 2 3',
);
const text = fc.array(line, { minLength: 1, maxLength: 30 }).map((lines) => lines.join('\n'));

const share = fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: null });
const changes: fc.Arbitrary<Partial<CleaningRules>> = fc.record({
  minWords: fc.option(fc.nat(60), { nil: null }),
  maxDuplicateLines: share,
  maxDuplicateLineChars: share,
  minAlphabeticWords: share,
  maxBulletLines: share,
  maxEllipsisLines: share,
  minSentences: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
  dropLoremIpsum: fc.boolean(),
  dropCurlyBrackets: fc.boolean(),
  minPunctuatedLines: share,
  maxShortLines: share,
  maxDuplicatedLineChars: share,
  filters: fc.constantFrom<CleaningRules['filters'][]>(
    ['repetition', 'quality', 'c4', 'fineweb'],
    ['quality', 'c4', 'fineweb'],
    ['repetition', 'c4'],
  ),
});

describe('verdicts by kept scores', () => {
  const scored = new Judge(RECIPES.fineweb, {}, true);
  const facts = { fixed: null, language: null };

  it('are those of judging the text by the same rules', () => {
    fc.assert(
      fc.property(text, changes, (one, changed) => {
        const rules = { ...RECIPES.fineweb, ...changed };
        const document = { text: one, url: null };
        const { scores } = scored.judge(document);
        expect(reasonByScores(rules, scores ?? {}, facts)).toBe(new Judge(rules).judge(document).reason);
      }),
      { numRuns: 500 },
    );
  });

  it('are the same for a judge that computes everything as for one that stops at the first', () => {
    const first = new Judge(RECIPES.fineweb);
    fc.assert(
      fc.property(text, (one) => {
        const [all, lazy] = [scored, first].map((judge) => judge.judge({ text: one, url: null }));
        expect(all?.reason).toBe(lazy?.reason);
        if (all?.reason === null) expect(all.text).toBe(lazy?.text);
      }),
    );
  });

  it('keep what no threshold decides, in the place where it was found', () => {
    const rules: CleaningRules = { ...RECIPES.gopher, filters: ['quality', 'url'], minWords: 50 };
    expect(reasonByScores(rules, { judged_words: 60 }, { fixed: 'domain', language: null })).toBe('domain');
    expect(reasonByScores(rules, { judged_words: 40 }, { fixed: 'domain', language: null })).toBe('gopher_short_doc');
    expect(reasonByScores(rules, { judged_words: 60 }, { fixed: 'contaminated', language: null })).toBe('contaminated');
  });

  it('ask for the languages of the new rules', () => {
    const rules: CleaningRules = { ...RECIPES.gopher, filters: ['language'], languages: ['de', 'fr'] };
    expect(reasonByScores(rules, { other_language: 1 }, { fixed: null, language: 'fr' })).toBeNull();
    expect(reasonByScores(rules, { other_language: 0 }, { fixed: null, language: 'en' })).toBe('language');
  });
});
