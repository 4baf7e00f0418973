import type { Client, estypes } from '@elastic/elasticsearch';
import type { EncoderIdentity } from '../../schemas/rebuild-index';
import type { ChunkFields } from '../indexing/chunk-record';
import type { Encoder } from '../encoder/encoder';
import { aliasHolders } from '../indexing/alias';
import { readIndexMeta } from '../indexing/build';
import { INDEX_GONE, refusal, searchCall } from '../indexing/search-call';
import { fuseByRank } from './fuse';
import { type Parent, withParents } from './parents';

/** The encoder that the index was built with. */
export type QueryEncoder = Pick<Encoder, 'identity' | 'encode'>;

export interface HybridSearch {
  /** The alias to search. */
  alias: string;
  query: string;
  /** Documents wanted, 1 to 100. */
  k?: number;
  /** Only documents of these ids or these sources. */
  filter?: { documents?: string[]; sources?: string[] };
}

/** A document, and the chunk of it that answers best. */
export interface Hit {
  /** Of the chunk. */
  id: string;
  document: { id: string; title: string; source: string };
  text: string;
  /** By reciprocal rank: at most 2/61, and only good for ordering. */
  score: number;
  /** Place of the document, from 1, by words and by meaning; absent where that list does not have it. */
  ranks: { bm25?: number; vector?: number };
  /** Passages of the text, not escaped, with the words found in `<em>`; empty where it was found by meaning alone. */
  highlights: string[];
  /** What the chunk stands in; only where its source is cut into chunks with parents. */
  parent?: Parent;
}

/** Why a search can not be answered, besides a part that is away. */
export class SearchRefused extends Error {
  constructor(
    readonly code: 'IndexNotFound' | 'EncoderMismatch' | 'InvalidQuery',
    message: string,
  ) {
    super(message);
    this.name = 'SearchRefused';
  }
}

const MAX_DOCUMENTS = 100;
/** Chunks of each list for one document wanted: several are often of the same document, and fusion needs depth. */
const DEPTH = 10;
/** At k = 5 the depth above; below it a list is too short to fuse. */
const MIN_DEPTH = 50;
/** Candidates that each shard looks at for one entry: 100 at k = 5, where int8 HNSW found 0.89 of the true ten. */
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

/**
 * Searches by words (BM25, English and CJK) and by meaning (kNN) at once and fuses the two lists by reciprocal rank.
 * One hit a document, best first; equal ranks are ordered by document id, so the same index gives the same answer.
 * @throws `SearchRefused` for a blank query, an unknown alias, or an index that another encoder has built;
 * `Unavailable` while Elasticsearch does not answer.
 */
export async function hybridSearch(
  client: Client,
  encoder: QueryEncoder,
  { alias, query, k = 5, filter = {} }: HybridSearch,
): Promise<Hit[]> {
  if (query.trim() === '') throw new SearchRefused('InvalidQuery', 'The query is blank.');
  if (!Number.isInteger(k) || k < 1 || k > MAX_DOCUMENTS) {
    throw new SearchRefused('InvalidQuery', `k must be a whole number from 1 to ${MAX_DOCUMENTS}, not ${k}.`);
  }
  const { words, meaning } = await askBoth(client, encoder, { alias, query, k, filter });

  const hits = new Map([...meaning, ...words].map((hit) => [hit._id ?? '', hit]));
  const answers = fuseByRank({ bm25: words.map(candidate), vector: meaning.map(candidate) })
    .slice(0, k)
    .flatMap(({ chunk, score, ranks }) => {
      const hit = hits.get(chunk);
      if (!hit?._source) return [];
      const { doc_id, title, source, text } = hit._source;
      return [{ id: chunk, document: { id: doc_id, title, source }, text, score, ranks, highlights: highlights(hit) }];
    });
  return withParents(client, answers, hits);
}

type ChunkHit = estypes.SearchHit<ChunkFields>;

const candidate = ({ _id = '', _score, _source }: ChunkHit) => ({
  id: _id,
  document: _source?.doc_id ?? _id,
  score: _score ?? 0,
});

const highlights = ({ highlight = {} }: ChunkHit): string[] => highlight['text'] ?? highlight['text.cjk'] ?? [];

/** Both lists by one request, so that a swap of the alias seldom falls between them. */
async function askBoth(
  client: Client,
  encoder: QueryEncoder,
  search: Required<HybridSearch>,
): Promise<{ words: ChunkHit[]; meaning: ChunkHit[] }> {
  const { alias, k } = search;
  const vector = await encoder.encode([search.query]);
  const depth = Math.max(MIN_DEPTH, DEPTH * k);
  const common = { size: depth, _source: { excludes: ['vector'] }, track_total_hits: false };
  const searches: estypes.MsearchRequestItem[] = [
    {},
    { ...common, ...byWords(search) },
    {},
    { ...common, ...byMeaning(search, vector, depth) },
  ];
  const { responses } = await searchCall(`search ${alias}`, () =>
    client.msearch<ChunkFields>({ index: alias, searches }),
  );
  const [words = [], meaning = []] = await Promise.all(
    responses.map((response) => hitsOf(client, encoder, alias, response)),
  );
  return { words, meaning };
}

function byWords({ query, filter }: Required<HybridSearch>): estypes.MsearchRequestItem {
  const match = { multi_match: { query: query.slice(0, MAX_WORD_CHARS), fields: FIELDS, tie_breaker: TIE_BREAKER } };
  return {
    query: { bool: { must: match, filter: filterClauses(filter) } },
    highlight: { fields: { text: {}, 'text.cjk': {} }, number_of_fragments: 2 },
  };
}

function byMeaning(
  { filter }: Required<HybridSearch>,
  vector: Float32Array,
  depth: number,
): estypes.MsearchRequestItem {
  const num_candidates = Math.min(CANDIDATES * depth, MAX_CANDIDATES);
  return {
    knn: { field: 'vector', query_vector: [...vector], k: depth, num_candidates, filter: filterClauses(filter) },
  };
}

const filterClauses = ({
  documents,
  sources,
}: NonNullable<HybridSearch['filter']>): estypes.QueryDslQueryContainer[] => [
  ...(documents ? [{ terms: { doc_id: documents } }] : []),
  ...(sources ? [{ terms: { source: sources } }] : []),
];

/** The hits of one answer, all from indexes of this encoder. */
async function hitsOf(
  client: Client,
  { identity }: QueryEncoder,
  alias: string,
  response: estypes.MsearchResponseItem<ChunkFields>,
): Promise<ChunkHit[]> {
  if (!('error' in response)) {
    await checkEncoder(client, identity, new Set(response.hits.hits.map(({ _index }) => _index)));
    return response.hits.hits;
  }
  const { error, status } = response;
  const { type, reason } = typeof error === 'string' ? { type: error, reason: undefined } : error;
  if (type === INDEX_GONE)
    throw new SearchRefused('IndexNotFound', `No index answers to "${alias}": run rebuildIndex first.`);
  // A vector of another length is refused by the server; say which encoder would be the right one.
  await checkEncoder(client, identity, new Set(await aliasHolders(client, alias)));
  throw refusal(`search ${alias}`, { status, type, reason });
}

/** Fingerprint of the encoder of each index that was searched; an index never changes it. */
const fingerprints = new WeakMap<Client, Map<string, string>>();

/** Vectors of two encoders have nothing to do with each other: comparing them gives hits that look like answers. */
async function checkEncoder(client: Client, wanted: EncoderIdentity, indexes: Set<string>): Promise<void> {
  const known = fingerprints.get(client) ?? new Map<string, string>();
  fingerprints.set(client, known);
  for (const index of indexes) {
    const fingerprint = known.get(index) ?? (await readIndexMeta(client, index)).encoder.fingerprint;
    known.set(index, fingerprint);
    if (fingerprint === wanted.fingerprint) continue;
    throw new SearchRefused(
      'EncoderMismatch',
      `${index} was not built with the encoder of this search, ${wanted.name}.`,
    );
  }
}
