import { describe, expect, it } from 'vitest';
import { armedReasons } from '../../../activities/cleaning/output/reason-groups';
import { activeRules, RULES } from '../../../activities/cleaning/rules/rule-table';
import { Judge } from '../../../activities/cleaning/rules/judge';
import { parseInput } from '../../../schemas/stage';
import { cleanDatasetStage } from '../../../schemas/clean-dataset';
import { cleaningRules, FILTER_RULES, RECIPES, resolveRules, type RecipeName } from '../../../schemas/recipes';

const NAMES = Object.keys(RECIPES) as RecipeName[];
const issues = (input: object) => {
  const parsed = parseInput(cleanDatasetStage.input, { source: 'docs', ...input });
  return parsed.ok ? [] : parsed.issues;
};

describe.each(NAMES)('the recipe %s', (name) => {
  it('is complete and valid', () => {
    expect(cleaningRules.parse(RECIPES[name])).toEqual(RECIPES[name]);
  });

  it('has no rule that its filters would never test', () => {
    const { filters, ...rules } = RECIPES[name];
    for (const [filter, own] of Object.entries(FILTER_RULES)) {
      if (filters.includes(filter as keyof typeof FILTER_RULES)) continue;
      for (const rule of Object.keys(own)) expect(rules[rule as keyof typeof rules], rule).toBeOneOf([null, false]);
    }
  });

  it('tests the rules of each filter together, in the order of its filters', () => {
    const filters = activeRules(RECIPES[name]).map(({ filter }) => filter);
    const order = filters.filter((filter, index) => filter !== filters[index - 1]);
    expect(order).toEqual(RECIPES[name].filters);
  });
});

describe('overrides', () => {
  it('that bind a rule to what no filter computes are refused before anything is read, with a remedy', () => {
    expect(issues({ recipe: 'gopher', overrides: { minPunctuatedLines: 0.1 } })).toEqual([
      {
        path: 'overrides.minPunctuatedLines',
        problem: expect.stringContaining('"filters": ["repetition","quality","fineweb"]') as string,
      },
    ]);
    expect(issues({ recipe: 'gopher', overrides: { minPunctuatedLines: null } })).toEqual([]);
    expect(issues({ recipe: 'fineweb', overrides: { minPunctuatedLines: 0.1 } })).toEqual([]);
  });

  it('that ask for a filter without what it looks for are refused', () => {
    const paths = (filter: string, more: object = {}) =>
      issues({ overrides: { filters: [filter] }, ...more }).map(({ path }) => path);
    expect(paths('url')).toEqual(['lists']);
    expect(paths('url', { lists: { urls: { items: ['http://a'] } } })).toEqual([]);
    expect(paths('badWords')).toEqual(['lists.badWords']);
    expect(paths('language')).toEqual(['overrides.languages']);
    expect(paths('language', { overrides: { filters: ['language'], languages: ['en'] } })).toEqual([]);
  });

  it('that number spans where none are sought, or sentences where lines are, are refused', () => {
    const paths = (overrides: object) => issues({ recipe: 'minimal', overrides }).map(({ path }) => path);
    expect(paths({ minWordsLeft: 9 })).toEqual(['overrides.minWordsLeft']);
    expect(paths({ minWordsLeft: 9, dropDuplicateSpans: 'line' })).toEqual([]);
    expect(paths({ spanSentences: 2, dropDuplicateSpans: 'line' })).toEqual(['overrides.spanSentences']);
    expect(paths({ spanSentences: 2, dropDuplicateSpans: 'sentences' })).toEqual([]);
  });

  it('replace one field each', () => {
    expect(resolveRules('fineweb', { minWords: 7 })).toEqual({ ...RECIPES.fineweb, minWords: 7 });
  });

  it('bring the numbers of spans with them, and leave none behind: without spans the rules are those of old', () => {
    expect(resolveRules('fineweb', { dropDuplicateSpans: 'line', minWordsLeft: 9 })).toEqual({
      ...RECIPES.fineweb,
      ...{ dropDuplicateSpans: 'line', spanSentences: 3, minSpanWords: 5, minWordsLeft: 9, minSentencesLeft: 3 },
    });
    const plain = resolveRules('c4', { dropDuplicateSpans: 'none' });
    expect(Object.keys(plain)).toEqual(Object.keys(RECIPES.minimal));
    expect(JSON.stringify(resolveRules('fineweb', { dropDuplicateSpans: 'none' }))).toBe(
      JSON.stringify(RECIPES.fineweb),
    );
  });
});

describe('an evaluation set', () => {
  it('comes from a file or a dataset, not from both or neither', () => {
    const paths = (set: object) => issues({ decontaminate: [{ name: 'quiz', ...set }] }).map(({ path }) => path);
    expect(paths({ file: 'quiz.jsonl' })).toEqual([]);
    expect(paths({ dataset: 'quiz@2' })).toEqual([]);
    expect(paths({})).toEqual(['decontaminate.0']);
    expect(paths({ file: 'quiz.jsonl', dataset: 'quiz' })).toEqual(['decontaminate.0']);
  });
});

it('every rule has a reason of its own, and the report counts it even where it never fired', () => {
  const reasons = RULES.map(({ reason }) => reason);
  expect(new Set(reasons).size).toBe(reasons.length);
  for (const recipe of NAMES) {
    const rules = RECIPES[recipe];
    const reported = armedReasons(rules).map(({ reason }) => reason);
    // A text without lines is no rule that a recipe sets.
    const tested = activeRules(rules).map(({ reason }) => reason);
    expect(reported).toEqual(expect.arrayContaining(tested.filter((reason) => reason !== 'empty')));
  }
});

describe('Chinese', () => {
  const text = '今天的天气很好，我们和朋友一起去公园散步。他在那里看见了很多人。';

  it('is cut into the words of a dictionary', () => {
    const short = new Judge({ ...RECIPES['fineweb2-zh'], minWords: null, filters: ['fineweb', 'quality'] }).judge({
      text,
      url: null,
    });
    expect(short.reason).toBeNull();
    expect(short.words).toBeGreaterThan(15);
    expect(short.words).toBeLessThan(text.length);
  });

  it('has stop words of its own', () => {
    const rules = { ...RECIPES['fineweb2-zh'], minWords: null, filters: ['quality' as const] };
    expect(new Judge(rules).judge({ text: '猫狗猫狗鸟鱼猫狗', url: null }).reason).toBe('gopher_enough_stop_words');
  });
});
