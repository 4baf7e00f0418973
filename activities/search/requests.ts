import type { estypes } from '@elastic/elasticsearch';
import type { Script } from '../../schemas/relevance';

/** The lists that a search may be fused from: by words, by meaning, and the same for what is like the best documents. */
export type ListName = 'bm25' | 'vector' | 'likeWords' | 'likeVector';

/** Only documents of these ids or these sources. */
export interface SearchFilter {
  documents?: string[];
  sources?: string[];
}

/** Candidates that each shard looks at for one entry: 200 at a depth of 100, where int8 HNSW finds nearly all. */
const CANDIDATES = 2;
/** The server's own limit of candidates. */
const MAX_CANDIDATES = 10_000;

/**
 * A title says most in the fewest words, so it counts half more; everything else is equal. The fields are looked at as
 * alternatives (the best one counts, the others with a tenth), because `text` and `text.cjk` hold the same words.
 */
const FIELDS = ['text', 'text.cjk', 'title^1.5', 'title.cjk^1.5', 'context', 'context.cjk'];
const TIE_BREAKER = 0.1;
/** Of a longer query only so much is matched by words: each Chinese character makes six clauses, of 8,192 at most. */
const MAX_WORD_CHARS = 500;

/** The list of chunks that have words of the query: BM25, English and CJK. */
export const byWords = (query: string, filter: SearchFilter): estypes.MsearchRequestItem => ({
  query: { bool: { must: words(query), filter: clauses(filter) } },
});

const words = (query: string): estypes.QueryDslQueryContainer => ({
  multi_match: { query: query.slice(0, MAX_WORD_CHARS), fields: FIELDS, tie_breaker: TIE_BREAKER },
});

/** The list of the `depth` chunks whose vectors are nearest. */
export function byMeaning(vector: ArrayLike<number>, depth: number, filter: SearchFilter): estypes.MsearchRequestItem {
  const num_candidates = Math.min(CANDIDATES * depth, MAX_CANDIDATES);
  const query_vector = Array.from(vector);
  return { knn: { field: 'vector', query_vector, k: depth, num_candidates, filter: clauses(filter) } };
}

/**
 * The list of chunks that have the words by which the given ones stand out, those that tell most (tf-idf) with their
 * weight. Words are stems, or pairs of characters for Chinese, Japanese and Korean.
 */
export function likeChunks(
  chunks: readonly { _index: string; _id: string }[],
  terms: number,
  script: Script,
  filter: SearchFilter,
): estypes.MsearchRequestItem {
  const like: estypes.QueryDslMoreLikeThisQuery = {
    fields: [script === 'cjk' ? 'text.cjk' : 'text'],
    like: [...chunks],
    include: true,
    max_query_terms: terms,
    // A chunk is short: most of its words stand in it once.
    min_term_freq: 1,
    // A word that no other chunk has leads nowhere.
    min_doc_freq: 2,
    minimum_should_match: '1',
    boost_terms: 1,
  };
  return { query: { bool: { must: { more_like_this: like }, filter: clauses(filter) } } };
}

/** The chunks of those ids, with the passages of each that have words of the query. */
export function shown(ids: readonly string[], query: string): estypes.SearchRequest {
  return {
    query: { ids: { values: [...ids] } },
    size: ids.length,
    _source: { excludes: ['vector'] },
    track_total_hits: false,
    highlight: {
      fields: { text: {}, 'text.cjk': {} },
      number_of_fragments: 2,
      highlight_query: words(query),
    },
  };
}

const clauses = ({ documents, sources }: SearchFilter): estypes.QueryDslQueryContainer[] => [
  ...(documents ? [{ terms: { doc_id: documents } }] : []),
  ...(sources ? [{ terms: { source: sources } }] : []),
];
