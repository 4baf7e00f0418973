import type { Client, estypes } from '@elastic/elasticsearch';
import { DEFAULT_PROFILE, type Fusion, type SearchProfile } from '../../schemas/relevance';
import type { EncoderIdentity } from '../../schemas/rebuild-index';
import type { Encoder } from '../encoder/encoder';
import type { ChunkFields } from '../indexing/chunk-record';
import { INDEX_GONE, refusal } from '../indexing/search-call';
import type { Fused } from './fuse';
import { type Parent, withParents } from './parents';
import type { ListName, SearchFilter } from './requests';
import type { Rerank, Reranker } from './rerank';
import { depthFor, readHits, retrieve, type Retrieval } from './retrieve';
import { scriptOf } from './script';
import { servedIndex, type ServedIndex } from './served-index';

/** The encoder that the index was built with. */
export type QueryEncoder = Pick<Encoder, 'identity' | 'encode'>;

export interface HybridSearch {
  /** The alias to search. */
  alias: string;
  query: string;
  /** Documents wanted, 1 to 100. */
  k?: number;
  filter?: SearchFilter;
  /** How to search, instead of what is kept with the index. */
  profile?: SearchProfile;
  /** A cross-encoder that puts the best documents in their last order; none when left out. */
  rerank?: Rerank;
}

/** A document, and the chunk of it that answers best. */
export interface Hit {
  /** Of the chunk. */
  id: string;
  document: { id: string; title: string; source: string };
  text: string;
  /** Only good for ordering, within one answer: a sum of reciprocal ranks, of weighted scores, or what a reranker says. */
  score: number;
  /** Place of the document, from 1, in each list that has it: by words, by meaning, and by what is like the best ones. */
  ranks: Partial<Record<ListName, number>>;
  /** Passages of the text, not escaped, with the words found in `<em>`; empty where it was found by meaning alone. */
  highlights: string[];
  /** What the chunk stands in; only where its source is cut into chunks with parents. */
  parent?: Parent;
}

/** Hits, and how they were found. */
export interface Answer {
  hits: Hit[];
  /** The physical index that answered. */
  index: string;
  fusion: Fusion;
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
/** Swaps of the alias that one search outlives. */
const MAX_SWAPS = 3;

/**
 * Searches by words (BM25, English and CJK) and by meaning (kNN) and fuses the lists as the index's profile says, by
 * reciprocal rank where it has none. One hit a document, best first; equal ones are ordered by document id, so the same
 * index gives the same answer.
 * @throws `SearchRefused` for a blank query, an unknown alias, or an index that another encoder has built;
 * `Unavailable` while Elasticsearch does not answer.
 */
export const hybridSearch = async (client: Client, encoder: QueryEncoder, search: HybridSearch): Promise<Hit[]> =>
  (await answerQuery(client, encoder, search)).hits;

/** As `hybridSearch`, with what answered and how. */
export async function answerQuery(client: Client, encoder: QueryEncoder, search: HybridSearch): Promise<Answer> {
  const { alias, query, k = 5, filter = {}, profile, rerank } = search;
  const read = Math.max(k, rerank?.documents ?? 0);
  if (query.trim() === '') throw new SearchRefused('InvalidQuery', 'The query is blank.');
  if (!Number.isInteger(k) || k < 1 || k > MAX_DOCUMENTS) {
    throw new SearchRefused('InvalidQuery', `k must be a whole number from 1 to ${MAX_DOCUMENTS}, not ${k}.`);
  }
  let vector: Promise<Float32Array> | undefined;
  const retrieval: Retrieval = {
    ...{ client, target: alias, query, filter, depth: depthFor(read) },
    vector: () => (vector ??= encoder.encode([query])),
    refused: (response) => refusedSearch(client, encoder, alias, response),
  };
  for (let swaps = 0; ; swaps += 1) {
    const index = await compatibleIndex(client, encoder.identity, alias, { anew: swaps > 0 });
    let fusion = (profile ?? index.meta.profile ?? DEFAULT_PROFILE)[scriptOf(query)];
    let { fused, lists } = await retrieve(retrieval, fusion);
    // No word was found and meaning was not asked for: better a guess than nothing.
    if (fused.length === 0 && fusion.method === 'weighted') {
      fusion = { method: 'rrf' };
      ({ fused, lists } = await retrieve(retrieval, fusion));
    }
    const best = fused.slice(0, read);
    const chunks = await readHits(
      retrieval,
      best.map(({ chunk }) => chunk),
    );
    const answered = [...Object.values(lists).flat(), ...chunks].map(({ _index }) => _index);
    // The alias points at another index since it was looked up: that one may have to be searched in another way.
    const swapped = answered.some((physical) => physical !== index.physical) || chunks.length < best.length;
    if (swapped && swaps < MAX_SWAPS) continue;
    const byId = new Map(chunks.map((chunk) => [chunk._id ?? '', chunk]));
    const hits = hitsOf(best, byId);
    const ordered = rerank ? await reranked(rerank.reranker, query, hits) : hits;
    const shown = await withParents(client, ordered.slice(0, k), byId, index.meta.chunking);
    return { hits: shown, index: index.physical, fusion };
  }
}

function hitsOf(best: readonly Fused<ListName>[], chunks: ReadonlyMap<string, estypes.SearchHit<ChunkFields>>): Hit[] {
  return best.flatMap(({ chunk, score, ranks }) => {
    const { _source, highlight = {} } = chunks.get(chunk) ?? {};
    if (!_source) return [];
    const { doc_id, title, source, text } = _source;
    const highlights = highlight['text'] ?? highlight['text.cjk'] ?? [];
    return [{ id: chunk, document: { id: doc_id, title, source }, text, score, ranks, highlights }];
  });
}

/** The hits in the order of the cross-encoder, with its scores; where these are equal, as they came. */
async function reranked(reranker: Reranker, query: string, hits: readonly Hit[]): Promise<Hit[]> {
  const scores = await reranker.score(
    query,
    hits.map(({ document: { title }, text }) => (title ? `${title}\n${text}` : text)),
  );
  return hits.map((hit, at) => ({ ...hit, score: scores[at] ?? hit.score })).sort((a, b) => b.score - a.score);
}

/** The index behind an alias. @throws `SearchRefused` where none is. */
export async function answeringIndex(
  client: Client,
  alias: string,
  options: { anew: boolean } = { anew: false },
): Promise<ServedIndex> {
  const index = await servedIndex(client, alias, options);
  if (!index) throw new SearchRefused('IndexNotFound', `No index answers to "${alias}": run rebuildIndex first.`);
  return index;
}

/**
 * The index behind an alias, if its vectors are of this encoder: those of two encoders have nothing to do with each
 * other, and comparing them gives hits that look like answers.
 */
export async function compatibleIndex(
  client: Client,
  wanted: EncoderIdentity,
  alias: string,
  options: { anew: boolean } = { anew: false },
): Promise<ServedIndex> {
  const index = await answeringIndex(client, alias, options);
  if (index.meta.encoder.fingerprint === wanted.fingerprint) return index;
  throw new SearchRefused(
    'EncoderMismatch',
    `${index.physical} was not built with the encoder of this search, ${wanted.name}.`,
  );
}

/** What it means that the server refuses a search. */
export async function refusedSearch(
  client: Client,
  { identity }: QueryEncoder,
  alias: string,
  { error, status }: estypes.ErrorResponseBase,
): Promise<Error> {
  const { type, reason } = typeof error === 'string' ? { type: error, reason: undefined } : error;
  // The index was swapped for one of another encoder, or taken away, since it was looked up: that is said instead.
  const standing = await compatibleIndex(client, identity, alias, { anew: true }).catch((thrown: unknown) => thrown);
  if (standing instanceof SearchRefused) return standing;
  if (type === INDEX_GONE) {
    return new SearchRefused('IndexNotFound', `No index answers to "${alias}": run rebuildIndex first.`);
  }
  return refusal(`search ${alias}`, { status, type, reason });
}
