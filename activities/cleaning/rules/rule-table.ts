import type { CleaningRules, FilterName } from '../../../schemas/recipes';

/** A rule, and the statistic it looks at. */
export interface Rule {
  /** Also the name of the column in which scores are kept. */
  statistic: string;
  filter: FilterName;
  /** datatrove's name for what breaks the rule. */
  reason: string;
  /** Which side of the threshold breaks it; the threshold itself never does. */
  breaks: 'above' | 'below';
  /** The threshold under these rules; null for a rule that is off. */
  threshold(rules: CleaningRules): number | null;
}

type Threshold = Rule['threshold'];

const rulesOf =
  (filter: FilterName) =>
  (breaks: Rule['breaks'], statistic: string, reason: string, threshold: Threshold): Rule => ({
    statistic,
    filter,
    reason,
    breaks,
    threshold,
  });

/** A rule that fires on any number above none. */
const whenOn = (on: unknown): number | null => (on ? 0 : null);

const language = rulesOf('language');
const repetition = rulesOf('repetition');
const quality = rulesOf('quality');
const c4 = rulesOf('c4');
const fineweb = rulesOf('fineweb');

const topNgram = (n: number): Rule =>
  repetition('above', `top_${n}_gram`, `top_${n}_gram`, ({ maxTopNgramChars: most }) => most?.[n - 2] ?? null);
const repeatedNgram = (n: number): Rule => {
  const name = `duplicated_${n}_n_grams`;
  return repetition('above', name, name, ({ maxDuplicateNgramChars: most }) => most?.[n - 5] ?? null);
};

/**
 * Every rule with a statistic, those of a filter in the order in which they are tested, which is datatrove's. Several
 * rules on one statistic stand together.
 */
export const RULES: readonly Rule[] = [
  language('above', 'other_language', 'language', (rules) => whenOn(rules.languages)),
  language('below', 'language_score', 'language_score', (rules) => rules.minLanguageScore),

  repetition('above', 'dup_para_frac', 'dup_para_frac', (rules) => rules.maxDuplicateParagraphs),
  repetition('above', 'dup_para_char_frac', 'dup_para_char_frac', (rules) => rules.maxDuplicateParagraphChars),
  repetition('above', 'dup_line_frac', 'dup_line_frac', (rules) => rules.maxDuplicateLines),
  repetition('above', 'dup_line_char_frac', 'dup_line_char_frac', (rules) => rules.maxDuplicateLineChars),
  ...[2, 3, 4].map(topNgram),
  ...[5, 6, 7, 8, 9, 10].map(repeatedNgram),

  quality('below', 'judged_words', 'gopher_short_doc', (rules) => rules.minWords),
  quality('above', 'judged_words', 'gopher_long_doc', (rules) => rules.maxWords),
  quality('below', 'mean_word_length', 'gopher_below_avg_threshold', (rules) => rules.minMeanWordLength),
  quality('above', 'mean_word_length', 'gopher_above_avg_threshold', (rules) => rules.maxMeanWordLength),
  quality('above', 'hashes_per_word', 'gopher_too_many_hashes', (rules) => rules.maxHashesPerWord),
  quality('above', 'ellipses_per_word', 'gopher_too_many_ellipsis', (rules) => rules.maxEllipsesPerWord),
  quality('above', 'bullet_lines', 'gopher_too_many_bullets', (rules) => rules.maxBulletLines),
  quality('above', 'ellipsis_lines', 'gopher_too_many_end_ellipsis', (rules) => rules.maxEllipsisLines),
  quality('below', 'alphabetic_words', 'gopher_below_alpha_threshold', (rules) => rules.minAlphabeticWords),
  quality('below', 'stop_words', 'gopher_enough_stop_words', (rules) => rules.minStopWords),

  // The number of the first such line: of two, the earlier is the reason.
  c4('above', 'lorem_ipsum_line', 'lorem_ipsum', (rules) => whenOn(rules.dropLoremIpsum)),
  c4('above', 'curly_bracket_line', 'curly_bracket', (rules) => whenOn(rules.dropCurlyBrackets)),
  c4('below', 'sentences', 'too_few_sentences', (rules) => rules.minSentences),

  rulesOf('paragraphs')('below', 'third_longest_line', '< 3 paragraphs', (rules) => rules.minThirdLongestLine),
  rulesOf('badWords')('above', 'bad_words', 'document_removed_with_badwords', (rules) => whenOn(rules.dropBadWords)),

  // A text of no lines has no shares to compare.
  fineweb('below', 'text_lines', 'empty', () => 1),
  fineweb('below', 'punctuated_lines', 'line_punct_ratio', (rules) => rules.minPunctuatedLines),
  fineweb('above', 'short_lines', 'short_line_ratio', (rules) => rules.maxShortLines),
  fineweb('above', 'duplicated_line_chars', 'char_dup_ratio', (rules) => rules.maxDuplicatedLineChars),
  fineweb('above', 'newlines_per_word', 'list_ratio', (rules) => rules.maxNewlinesPerWord),
];

/** The statistics, in the order of their rules. */
export const STATISTICS: readonly string[] = [...new Set(RULES.map(({ statistic }) => statistic))];

/** The rules that are on, in the order in which the filters of a recipe test them. */
export const activeRules = (rules: CleaningRules): (Rule & { limit: number })[] =>
  rules.filters.flatMap((filter) =>
    RULES.filter((rule) => rule.filter === filter).flatMap((rule) => {
      const limit = rule.threshold(rules);
      return limit === null ? [] : [{ ...rule, limit }];
    }),
  );
