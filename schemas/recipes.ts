import * as z from 'zod';
import { filterName, filterOf, type CleaningRules, type RuleOverrides } from './cleaning-rules';
import { DEFAULT_SPAN_RULES, settleSpanRules, unboundSpanRules } from './span-rules';

export * from './cleaning-rules';
export * from './span-rules';

/** The eight of the Gopher rules. */
const ENGLISH_STOP_WORDS = ['the', 'be', 'to', 'of', 'and', 'that', 'have', 'with'];

const off: CleaningRules = {
  normalise: 'none',
  repairMojibake: false,
  chinese: null,
  words: 'english',
  stopWords: ENGLISH_STOP_WORDS,
  filters: [],
  minSoftUrlWords: null,
  languages: null,
  minLanguageScore: null,
  maxDuplicateParagraphs: null,
  maxDuplicateParagraphChars: null,
  maxDuplicateLines: null,
  maxDuplicateLineChars: null,
  maxTopNgramChars: null,
  maxDuplicateNgramChars: null,
  minWords: null,
  maxWords: null,
  minMeanWordLength: null,
  maxMeanWordLength: null,
  maxHashesPerWord: null,
  maxEllipsesPerWord: null,
  maxBulletLines: null,
  maxEllipsisLines: null,
  minAlphabeticWords: null,
  minStopWords: null,
  maxLineWordLength: null,
  minLineWords: null,
  removeCitations: false,
  dropUnterminatedLines: false,
  dropJavascriptLines: false,
  dropPolicyLines: false,
  dropLoremIpsum: false,
  dropCurlyBrackets: false,
  minSentences: null,
  minThirdLongestLine: null,
  dropBadWords: null,
  minPunctuatedLines: null,
  maxShortLines: null,
  maxDuplicatedLineChars: null,
  maxNewlinesPerWord: null,
  pii: 'off',
  piiKinds: ['email', 'ipv4', 'ipv6', 'phone', 'card', 'chineseId', 'chineseMobile'],
  dropExactDuplicates: true,
  dropNearDuplicates: true,
  // Measured on real documentation with planted duplicates (bench/README.md): more pairs than whole bands alone find,
  // at a precision above theirs.
  minNearSimilarity: 0.52,
  minNearContainment: 0.9,
};

/** Removes duplicates and empty documents only. */
const minimal: CleaningRules = { ...off, normalise: 'standard', filters: ['quality'], minWords: 1 };

/** Gopher's rules with datatrove 0.10's defaults. */
const gopherRules = {
  maxDuplicateParagraphs: 0.3,
  maxDuplicateParagraphChars: 0.2,
  maxDuplicateLines: 0.3,
  maxDuplicateLineChars: 0.2,
  maxTopNgramChars: [0.2, 0.18, 0.16],
  maxDuplicateNgramChars: [0.15, 0.14, 0.13, 0.12, 0.11, 0.1],
  minWords: 50,
  maxWords: 100_000,
  minMeanWordLength: 3,
  maxMeanWordLength: 10,
  maxHashesPerWord: 0.1,
  maxEllipsesPerWord: 0.1,
  maxBulletLines: 0.9,
  maxEllipsisLines: 0.3,
  minAlphabeticWords: 0.8,
  minStopWords: 2,
} satisfies RuleOverrides;

/** C4's rules with datatrove 0.10's defaults. */
const c4Rules = {
  maxLineWordLength: 1000,
  minLineWords: 3,
  removeCitations: true,
  dropUnterminatedLines: true,
  dropJavascriptLines: true,
  dropPolicyLines: true,
  dropLoremIpsum: true,
  dropCurlyBrackets: true,
  minSentences: 5,
} satisfies RuleOverrides;

const gopher: CleaningRules = { ...off, ...gopherRules, filters: ['repetition', 'quality'] };

/** With C4's spans of three sentences, of which it keeps one. Its list of bad words comes with the input. */
const c4: CleaningRules = {
  ...off,
  ...c4Rules,
  filters: ['c4'],
  ...DEFAULT_SPAN_RULES,
  dropDuplicateSpans: 'sentences',
};

/**
 * FineWeb (English), as datatrove's examples/fineweb.py made it: Gopher, C4 without its rule on the ends of lines, then
 * its own. Its URL lists and its model of languages are not part of the recipe: add `url` and `language` to `filters`.
 */
const fineweb: CleaningRules = {
  ...off,
  ...gopherRules,
  ...c4Rules,
  dropUnterminatedLines: false,
  filters: ['repetition', 'quality', 'c4', 'fineweb'],
  minPunctuatedLines: 0.12,
  maxShortLines: 0.67,
  maxDuplicatedLineChars: 0.01,
  maxNewlinesPerWord: 0.3,
};

/**
 * FineWeb-2's configuration for Mandarin (configs/cmn_Hani.yml at 05e6729), in the order of its pipeline. Its thresholds
 * were measured on the words of jieba; ours are of ICU's dictionary, so measure them on your text before you rely on it.
 */
const finewebChinese: CleaningRules = {
  ...off,
  ...gopherRules,
  words: 'chinese',
  stopWords: '的 年 在 月 是 和 日 了 於 · 為 有 被 人 中 为 他 與 後 也 而 由'.split(' '),
  filters: ['repetition', 'fineweb', 'quality'],
  maxDuplicateParagraphs: null,
  maxDuplicateParagraphChars: null,
  maxDuplicateLines: 0.287,
  maxDuplicateLineChars: null,
  maxTopNgramChars: [0.256, 0.201, 0.171],
  maxDuplicateNgramChars: [0.198, 0.182, 0.167, 0.154, 0.14, 0.127],
  minMeanWordLength: 1,
  maxMeanWordLength: 5,
  minAlphabeticWords: 0.735,
  minPunctuatedLines: 0.106,
  maxShortLines: null,
  maxDuplicatedLineChars: 0.1,
  maxNewlinesPerWord: 0.178,
};

/**
 * FineWeb's rules are made for prose. Technical documentation repeats itself in its tables and examples, is full of
 * code, and still answers questions: unchanged, they keep the licences and drop the manuals (14 of 672 documents under
 * this package's node_modules; with these 204).
 */
const documentation: CleaningRules = {
  ...off,
  normalise: 'standard',
  filters: ['quality', 'fineweb'],
  minWords: 50,
  maxWords: 100_000,
  minMeanWordLength: 3,
  maxMeanWordLength: 12,
  maxEllipsesPerWord: 0.1,
  maxBulletLines: 0.9,
  maxEllipsisLines: 0.3,
  minAlphabeticWords: 0.55,
  minStopWords: 2,
  minPunctuatedLines: 0.12,
  maxShortLines: 0.67,
  maxNewlinesPerWord: 0.3,
};

/** Recipes as data. */
export const RECIPES = {
  minimal,
  gopher,
  c4,
  fineweb,
  'fineweb2-zh': finewebChinese,
  documentation,
} as const satisfies Record<string, CleaningRules>;

export const recipeName = z.enum(Object.keys(RECIPES) as [keyof typeof RECIPES, ...(keyof typeof RECIPES)[]]);
export type RecipeName = z.infer<typeof recipeName>;

/** The rules a run applies: the recipe's, field by field replaced by the overrides. */
export const resolveRules = (recipe: RecipeName, overrides: RuleOverrides): CleaningRules =>
  settleSpanRules({ ...RECIPES[recipe], ...overrides });

/**
 * Rules that the overrides set although nothing in the run computes what they are about. Such a rule would never
 * fire and nobody would know, so it is an error of the input.
 */
export function unboundRules(recipe: RecipeName, overrides: RuleOverrides): { rule: string; problem: string }[] {
  const rules = resolveRules(recipe, overrides);
  const { filters } = rules;
  const ofFilters = Object.entries(overrides).flatMap(([rule, value]) => {
    const filter = filterOf(rule);
    if (filter === undefined || value === null || value === false || filters.includes(filter)) return [];
    const all = filterName.options.filter((name) => name === filter || filters.includes(name));
    const problem =
      `is a rule of the filter "${filter}", which recipe "${recipe}" does not run: it would never fire. ` +
      `Add the filter, as in "filters": ${JSON.stringify(all)}, or leave the rule out.`;
    return [{ rule, problem }];
  });
  return [...ofFilters, ...unboundSpanRules(rules, overrides)];
}
