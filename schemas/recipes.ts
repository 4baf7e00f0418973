import * as z from 'zod';

/** A share of the whole, 0 to 1. */
const share = z.number().min(0).max(1);
/** null switches the rule off. */
const rule = <T extends z.ZodType>(value: T) => value.nullable();

/**
 * Every rule of the cleaning stage with its threshold. Definitions and defaults are those of datatrove 0.10.0
 * (Gopher: arXiv 2112.11446 and its Table A1; FineWeb: examples/fineweb.py); all comparisons are strict.
 */
export const cleaningRules = z.strictObject({
  // Gopher quality
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
  // Gopher repetition
  maxDuplicateParagraphs: rule(share),
  maxDuplicateParagraphChars: rule(share),
  maxDuplicateLines: rule(share),
  maxDuplicateLineChars: rule(share),
  /** Share of characters in the most common 2-, 3- and 4-gram. */
  maxTopNgramChars: rule(z.tuple([share, share, share])),
  /** Share of characters in repeated 5- to 10-grams. */
  maxDuplicateNgramChars: rule(z.tuple([share, share, share, share, share, share])),
  // FineWeb quality
  minPunctuatedLines: rule(share),
  maxShortLines: rule(share),
  maxDuplicatedLineChars: rule(share),
  maxNewlinesPerWord: rule(share),
  // Duplicates: MinHash of 14 bands x 8 rows over 5-word shingles
  dropExactDuplicates: z.boolean(),
  dropNearDuplicates: z.boolean(),
});
export type CleaningRules = z.infer<typeof cleaningRules>;

const off: CleaningRules = {
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
  maxDuplicateParagraphs: null,
  maxDuplicateParagraphChars: null,
  maxDuplicateLines: null,
  maxDuplicateLineChars: null,
  maxTopNgramChars: null,
  maxDuplicateNgramChars: null,
  minPunctuatedLines: null,
  maxShortLines: null,
  maxDuplicatedLineChars: null,
  maxNewlinesPerWord: null,
  dropExactDuplicates: true,
  dropNearDuplicates: true,
};

const gopher: CleaningRules = {
  ...off,
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
  maxDuplicateParagraphs: 0.3,
  maxDuplicateParagraphChars: 0.2,
  maxDuplicateLines: 0.3,
  maxDuplicateLineChars: 0.2,
  maxTopNgramChars: [0.2, 0.18, 0.16],
  maxDuplicateNgramChars: [0.15, 0.14, 0.13, 0.12, 0.11, 0.1],
};

const fineweb: CleaningRules = {
  ...gopher,
  minPunctuatedLines: 0.12,
  maxShortLines: 0.67,
  maxDuplicatedLineChars: 0.01,
  maxNewlinesPerWord: 0.3,
};

/**
 * FineWeb's rules are made for prose. Technical documentation repeats itself in its tables and examples, is full of
 * code, and still answers questions: unchanged, they keep the licences and drop the manuals (14 of 672 documents under
 * this package's node_modules; with these 204).
 */
const documentation: CleaningRules = {
  ...fineweb,
  minAlphabeticWords: 0.55,
  maxMeanWordLength: 12,
  maxHashesPerWord: null,
  maxDuplicateParagraphs: null,
  maxDuplicateParagraphChars: null,
  maxDuplicateLines: null,
  maxDuplicateLineChars: null,
  maxTopNgramChars: null,
  maxDuplicateNgramChars: null,
  maxDuplicatedLineChars: null,
};

/** Recipes as data. `minimal` only removes duplicates and empty documents. */
export const RECIPES = {
  minimal: { ...off, minWords: 1 },
  gopher,
  fineweb,
  documentation,
} as const satisfies Record<string, CleaningRules>;

export const recipeName = z.enum(Object.keys(RECIPES) as [keyof typeof RECIPES, ...(keyof typeof RECIPES)[]]);
export type RecipeName = z.infer<typeof recipeName>;

export const ruleOverrides = cleaningRules.partial();
export type RuleOverrides = z.infer<typeof ruleOverrides>;

/** The rules a run applies: the recipe's, field by field replaced by the overrides. */
export const resolveRules = (recipe: RecipeName, overrides: RuleOverrides): CleaningRules => ({
  ...RECIPES[recipe],
  ...overrides,
});
