import * as z from 'zod';

const weight = z.number().min(0).max(100);

/**
 * Pseudo relevance feedback: the best documents of a first search are taken as answers, and what is like them is looked
 * for, by words and by meaning. It costs two more calls of the search engine.
 */
export const feedback = z.strictObject({
  /** Documents of the first search that count as answers. */
  documents: z.int().min(1).max(20),
  /** Words of theirs that are looked for, those that tell most. */
  terms: z.int().min(1).max(100),
  /** Weight of the mean of their vectors beside that of the query, which counts as 1 (Rocchio). */
  pull: weight,
  /** Weights of the two lists that this gives, beside those of the first search. */
  words: weight,
  vector: weight,
});
export type Feedback = z.infer<typeof feedback>;

/** How the lists of a search become one. */
export const fusion = z.discriminatedUnion('method', [
  /** By reciprocal rank: needs nothing to be known of the collection. */
  z.strictObject({ method: z.literal('rrf') }),
  /** The weighted sum of normalised scores. A list of weight 0 is not asked for. */
  z.strictObject({ method: z.literal('weighted'), words: weight, vector: weight, feedback: feedback.nullable() }),
]);
export type Fusion = z.infer<typeof fusion>;

/** Classes of queries that are searched differently: an encoder that knows one script may know nothing of another. */
export const SCRIPTS = ['cjk', 'other'] as const;
export type Script = (typeof SCRIPTS)[number];

/** How an index is searched, by the script of the query. Kept with the index. */
export const searchProfile = z.strictObject({ cjk: fusion, other: fusion });
export type SearchProfile = z.infer<typeof searchProfile>;

/** What an index is searched by where nothing was fitted. */
export const DEFAULT_PROFILE: SearchProfile = { cjk: { method: 'rrf' }, other: { method: 'rrf' } };

/** Golden queries of a rebuild, and what hangs on them. */
export const golden = z.strictObject({
  path: z
    .string()
    .min(1)
    .max(4_096)
    .describe(
      'JSON Lines of {"query", "relevant"}, inside a source root, or an artifact: `relevant` holds ids of documents, or a gain for each.',
    ),
  margin: z
    .number()
    .min(0)
    .max(1)
    .default(0.02)
    .describe('nDCG@10 that the new index may lose at most, by the lower end of the 95% interval of the difference.'),
  onWorse: z
    .enum(['hold', 'fail'])
    .default('hold')
    .describe('What to do where it may have lost more: wait for a person, or end the run.'),
});
export type GoldenOptions = z.output<typeof golden>;

/** A mean over queries with its 95% interval. */
export const estimate = z.strictObject({ mean: z.number(), low: z.number(), high: z.number() });

/** How an index answers the golden queries that nothing was fitted on. */
export const evaluation = z.strictObject({
  /** Queries held out. */
  queries: z.int().nonnegative(),
  /** nDCG@10 of the new index; null where no query is held out. */
  ndcg: estimate.nullable(),
  recall: estimate.nullable(),
  mrr: estimate.nullable(),
  /** The live index on the same queries, and what the new one gains in nDCG@10; null where it can not be compared. */
  live: z.strictObject({ physical: z.string(), ndcg: estimate, gain: estimate }).nullable(),
});
export type Evaluation = z.infer<typeof evaluation>;
