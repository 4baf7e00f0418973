import type { CleaningRules } from '../../../schemas/recipes';

/** Reasons that belong together, in the order in which a document meets them. */
interface ReasonGroup {
  title: string;
  holds(reason: string): boolean;
}

const oneOf = (reasons: string) => {
  const names = new Set(reasons.split(' '));
  return (reason: string) => names.has(reason);
};

const startsWith =
  (...prefixes: string[]) =>
  (reason: string) =>
    prefixes.some((prefix) => reason.startsWith(prefix));

/** Takes what no group before it has. */
const OTHERS: ReasonGroup = { title: 'Other rules', holds: () => true };

/** The way of a document through the stage. Names of rules are datatrove's, so its prefixes tell whose rule it is. */
const REASON_GROUPS: readonly ReasonGroup[] = [
  {
    title: 'Could not be read',
    holds: oneOf(
      'unreadable_file binary_file invalid_utf8 invalid_json invalid_row invalid_record http_status unsupported_type missing_text document_too_large empty_document',
    ),
  },
  {
    title: 'Address',
    holds: startsWith('url', 'missing_url', 'domain', 'subdomain', 'hard_blacklisted', 'soft_blacklisted', 'black'),
  },
  { title: 'Language', holds: startsWith('language', 'lang_') },
  { title: 'Repetition', holds: startsWith('dup_', 'top_', 'duplicated_') },
  { title: 'Gopher quality', holds: startsWith('gopher_') },
  {
    title: 'C4 quality',
    holds: (reason) =>
      reason === '< 3 paragraphs' ||
      oneOf('lorem_ipsum curly_bracket too_few_sentences document_removed_with_badwords')(reason),
  },
  { title: 'FineWeb quality', holds: oneOf('empty line_punct_ratio short_line_ratio char_dup_ratio list_ratio') },
  {
    title: 'Duplicates',
    holds: (reason) =>
      reason.endsWith('_duplicate') || reason.startsWith('duplicate_of_') || reason === 'duplicate_spans',
  },
  { title: 'Personal data', holds: startsWith('pii') },
  { title: 'Contamination', holds: startsWith('contaminat') },
  OTHERS,
];

const groupOf = (reason: string): ReasonGroup => REASON_GROUPS.find((group) => group.holds(reason)) ?? OTHERS;

/** The groups in the order in which documents meet them, each with its reasons, the most frequent first. */
export function grouped<R extends { reason: string; count: number }>(
  reasons: readonly R[],
): { title: string; count: number; reasons: R[] }[] {
  return REASON_GROUPS.map((group) => {
    const own = reasons.filter(({ reason }) => groupOf(reason) === group);
    return { title: group.title, count: own.reduce((sum, { count }) => sum + count, 0), reasons: own };
  }).filter(({ reasons: own }) => own.length > 0);
}

/** Reasons that each rule drops by; those of n-grams follow the length of their tuples. */
const REASONS: Partial<Record<keyof CleaningRules, readonly string[]>> = {
  minSoftUrlWords: ['soft_blacklisted'],
  languages: ['language'],
  minLanguageScore: ['language_score'],
  minWords: ['gopher_short_doc'],
  maxWords: ['gopher_long_doc'],
  minMeanWordLength: ['gopher_below_avg_threshold'],
  maxMeanWordLength: ['gopher_above_avg_threshold'],
  maxHashesPerWord: ['gopher_too_many_hashes'],
  maxEllipsesPerWord: ['gopher_too_many_ellipsis'],
  maxBulletLines: ['gopher_too_many_bullets'],
  maxEllipsisLines: ['gopher_too_many_end_ellipsis'],
  minAlphabeticWords: ['gopher_below_alpha_threshold'],
  minStopWords: ['gopher_enough_stop_words'],
  maxDuplicateParagraphs: ['dup_para_frac'],
  maxDuplicateParagraphChars: ['dup_para_char_frac'],
  maxDuplicateLines: ['dup_line_frac'],
  maxDuplicateLineChars: ['dup_line_char_frac'],
  maxTopNgramChars: [2, 3, 4].map((n) => `top_${n}_gram`),
  maxDuplicateNgramChars: [5, 6, 7, 8, 9, 10].map((n) => `duplicated_${n}_n_grams`),
  dropLoremIpsum: ['lorem_ipsum'],
  dropCurlyBrackets: ['curly_bracket'],
  minSentences: ['too_few_sentences'],
  minThirdLongestLine: ['< 3 paragraphs'],
  dropBadWords: ['document_removed_with_badwords'],
  minPunctuatedLines: ['line_punct_ratio'],
  maxShortLines: ['short_line_ratio'],
  maxDuplicatedLineChars: ['char_dup_ratio'],
  maxNewlinesPerWord: ['list_ratio'],
  dropExactDuplicates: ['exact_duplicate'],
  dropNearDuplicates: ['near_duplicate'],
  dropDuplicateSpans: ['duplicate_spans'],
};

/** A reason with the rule behind it, where it is one of a rule that is on. */
export interface Armed {
  reason: string;
  rule: string;
  threshold: string;
}

/** Every reason that a document can be dropped for by the rules that are on: also those that never fire. */
export function armedReasons(rules: CleaningRules): Armed[] {
  return Object.entries(rules).flatMap(([rule, value]) => {
    if (value === null || value === false) return [];
    const reasons = REASONS[rule as keyof CleaningRules] ?? [];
    return reasons.map((reason, index) => ({ reason, rule, threshold: thresholdText(value, index) }));
  });
}

const thresholdText = (value: unknown, index: number): string => {
  if (Array.isArray(value)) return String(value[index] ?? '');
  return value === true ? 'on' : String(value);
};
