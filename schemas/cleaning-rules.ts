import * as z from 'zod';

/** A share of the whole, 0 to 1. */
const share = z.number().min(0).max(1);
/** null switches the rule off. */
const rule = <T extends z.ZodType>(value: T) => value.nullable();

/** The filters of the stage. A recipe says which of them look at a document, and in what order. */
export const filterName = z.enum([
  'url',
  'language',
  'repetition',
  'quality',
  'c4',
  'paragraphs',
  'badWords',
  'fineweb',
]);
export type FilterName = z.infer<typeof filterName>;

/** As many as fit beside a token's other marks; FineWeb-2 has 22 for Chinese. */
const MOST_STOP_WORDS = 24;

/** Every rule, by the filter that computes what it is about. All comparisons are strict, as datatrove's are. */
export const FILTER_RULES = {
  /** Lists come with the input; reasons are datatrove's. */
  url: {
    /** Different words of the soft list in an address from which it is refused. */
    minSoftUrlWords: rule(z.int().positive()),
  },
  language: {
    /** ISO 639-1 codes of the languages to keep. */
    languages: rule(
      z
        .array(z.string().regex(/^[a-z]{2,3}$/, 'must be a code of ISO 639-1, such as "en"'))
        .min(1)
        .max(64),
    ),
    /** A text passes whose language has at least this score. FineWeb: 0.65 of fastText's lid.176. */
    minLanguageScore: rule(share),
  },
  /** Gopher repetition: arXiv 2112.11446, Table A1. */
  repetition: {
    maxDuplicateParagraphs: rule(share),
    maxDuplicateParagraphChars: rule(share),
    maxDuplicateLines: rule(share),
    maxDuplicateLineChars: rule(share),
    /** Share of characters in the most common 2-, 3- and 4-gram. */
    maxTopNgramChars: rule(z.tuple([share, share, share])),
    /** Share of characters in repeated 5- to 10-grams. */
    maxDuplicateNgramChars: rule(z.tuple([share, share, share, share, share, share])),
  },
  /** Gopher quality: arXiv 2112.11446, section A.1.1. */
  quality: {
    minWords: rule(z.int().nonnegative()),
    maxWords: rule(z.int().positive()),
    minMeanWordLength: rule(z.number().nonnegative()),
    maxMeanWordLength: rule(z.number().positive()),
    maxHashesPerWord: rule(share),
    maxEllipsesPerWord: rule(share),
    maxBulletLines: rule(share),
    maxEllipsisLines: rule(share),
    minAlphabeticWords: rule(share),
    minStopWords: rule(z.int().nonnegative()),
  },
  /** C4: JMLR 21/140. The only filter that changes a text: it leaves out lines. */
  c4: {
    /** A line with a longer word is left out. */
    maxLineWordLength: rule(z.int().positive()),
    /** A line with fewer words is left out. */
    minLineWords: rule(z.int().positive()),
    removeCitations: z.boolean(),
    dropUnterminatedLines: z.boolean(),
    dropJavascriptLines: z.boolean(),
    dropPolicyLines: z.boolean(),
    dropLoremIpsum: z.boolean(),
    dropCurlyBrackets: z.boolean(),
    /** Of the lines that stay. */
    minSentences: rule(z.int().positive()),
  },
  /** mC4's rule on paragraphs, which are lines here. */
  paragraphs: {
    /** Characters that the third longest line must have. */
    minThirdLongestLine: rule(z.int().positive()),
  },
  /** The list comes with the input. */
  badWords: {
    /** Whole words, or anywhere as in scripts that put no blanks between words. */
    dropBadWords: rule(z.enum(['words', 'anywhere'])),
  },
  /** FineWeb quality: datatrove's examples/fineweb.py. */
  fineweb: {
    minPunctuatedLines: rule(share),
    maxShortLines: rule(share),
    maxDuplicatedLineChars: rule(share),
    maxNewlinesPerWord: rule(share),
  },
} as const satisfies Record<FilterName, Record<string, z.ZodType>>;

/** What a duplicate below the document is: a line, a paragraph, or a number of sentences in a row. */
export const spanKind = z.enum(['line', 'paragraph', 'sentences']);
export type SpanKind = z.infer<typeof spanKind>;

/** The rules on duplicates below the document. */
const SPAN_RULES = {
  /** What is cut from a document where it stands in an earlier one, or earlier in the same. */
  dropDuplicateSpans: z.enum(['none', ...spanKind.options]),
  /** Sentences in a row that make a span; of use with `sentences` only. C4: 3. */
  spanSentences: z.int().min(1).max(16),
  /** A shorter span is no duplicate: what says so little ("}", "Home") stands in many documents by rights. */
  minSpanWords: rule(z.int().positive()),
  /** Words and sentences that a document must have left where something was cut from it. C4: 50 and 3. */
  minWordsLeft: rule(z.int().positive()),
  minSentencesLeft: rule(z.int().positive()),
} as const;
type SpanRuleName = keyof typeof SPAN_RULES;
export const SPAN_RULE_NAMES = Object.keys(SPAN_RULES) as SpanRuleName[];

/** What is done to personal data of each kind. */
export const piiKind = z.enum(['email', 'ipv4', 'ipv6', 'phone', 'card', 'chineseId', 'chineseMobile']);
export type PiiKind = z.infer<typeof piiKind>;

/** A recipe, resolved: every rule of the cleaning stage with its threshold, and how texts are read. */
export const cleaningRules = z.strictObject({
  /**
   * `none` judges and keeps the text as it was found, as datatrove does; `standard` brings it into NFC and takes out
   * control characters, carriage returns, blanks at the ends of lines and lone surrogates.
   */
  normalise: z.enum(['none', 'standard']),
  /** Repairs lines of UTF-8 that were read as Latin-1 or Windows-1252, only where that is sure. */
  repairMojibake: z.boolean(),
  /** Brings Chinese into one of its two ways of writing. */
  chinese: z.enum(['simplified', 'traditional']).nullable(),
  /** `english` cuts words as spaCy does; `chinese` by the dictionary of ICU. */
  words: z.enum(['english', 'chinese']),
  stopWords: z.array(z.string().min(1)).max(MOST_STOP_WORDS),
  /** Which filters look at a document, in their order: the first that it breaks names the reason. */
  filters: z.array(filterName),
  ...FILTER_RULES.url,
  ...FILTER_RULES.language,
  ...FILTER_RULES.repetition,
  ...FILTER_RULES.quality,
  ...FILTER_RULES.c4,
  ...FILTER_RULES.paragraphs,
  ...FILTER_RULES.badWords,
  ...FILTER_RULES.fineweb,
  /** Personal data: left alone, replaced by a mark of its kind, or a reason to drop the document. */
  pii: z.enum(['off', 'replace', 'drop']),
  piiKinds: z.array(piiKind).min(1),
  // Duplicates: MinHash of 14 bands x 8 rows over 5-word shingles
  dropExactDuplicates: z.boolean(),
  dropNearDuplicates: z.boolean(),
  /**
   * Least Jaccard similarity of near duplicates, estimated for documents that share half a band; null takes every two
   * that share a whole band for duplicates, as datatrove does.
   */
  minNearSimilarity: rule(share),
  /** Or: least share of the smaller one's shingles in the other, for texts that were wrapped or cut. */
  minNearContainment: rule(share),
  // Duplicates below the document: all of these rules, or none of them where no such duplicates are sought, so that
  // datasets from before there were any say the same of themselves as those without.
  ...z.object(SPAN_RULES).partial().shape,
});
export type CleaningRules = z.infer<typeof cleaningRules>;

export const ruleOverrides = cleaningRules.partial();
export type RuleOverrides = z.infer<typeof ruleOverrides>;

/** The filter that computes what a rule is about; undefined for what is no rule of a filter. */
export const filterOf = (rule: string): FilterName | undefined =>
  filterName.options.find((filter) => rule in FILTER_RULES[filter]);
