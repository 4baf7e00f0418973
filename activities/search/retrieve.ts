import type { Client, estypes } from '@elastic/elasticsearch';
import type { Feedback, Fusion } from '../../schemas/relevance';
import type { ChunkFields } from '../indexing/chunk-record';
import { searchCall } from '../indexing/search-call';
import { type Candidate, fuseByRank, fuseByScore, type Fused, SCORE_DEPTH } from './fuse';
import { byMeaning, byWords, likeChunks, type ListName, type SearchFilter, shown } from './requests';
import { scriptOf } from './script';

/** Lists of hits, as they came: only what fusion looks at. */
export type HitLists = Partial<Record<ListName, estypes.SearchHit<Pick<ChunkFields, 'doc_id'>>[]>>;

/** One query on its way: where and what to search, and how much of each list to bring. */
export interface Retrieval {
  client: Client;
  /** Alias or index to search. */
  target: string;
  query: string;
  filter: SearchFilter;
  /** Chunks of each list. */
  depth: number;
  /** The vector of the query, made when it is needed first. */
  vector: () => Promise<ArrayLike<number>>;
  /** What the server refuses, in the caller's words. */
  refused: (response: estypes.ErrorResponseBase) => Promise<Error>;
}

/** The lists that a fusion of that kind needs, and the documents in their order. */
export async function retrieve(
  retrieval: Retrieval,
  fusion: Fusion,
): Promise<{ fused: Fused<ListName>[]; lists: HitLists }> {
  if (fusion.method === 'rrf') {
    const lists = await firstLists(retrieval, { words: true, vector: true });
    return { fused: fuseByRank(candidates(lists)), lists };
  }
  const first = await firstLists(retrieval, { words: fusion.words > 0, vector: fusion.vector > 0 });
  const weights = { bm25: fusion.words, vector: fusion.vector };
  const before = fuseByScore(candidates(first), weights);
  const { feedback } = fusion;
  if (!feedback) return { fused: before, lists: first };
  const lists = { ...first, ...(await likeLists(retrieval, feedback, before, first)) };
  const all = { ...weights, likeWords: feedback.words, likeVector: feedback.vector };
  return { fused: fuseByScore(candidates(lists), all), lists };
}

/** Both lists by one request, so that a swap of the alias seldom falls between them. */
export async function firstLists(retrieval: Retrieval, wanted: { words: boolean; vector: boolean }): Promise<HitLists> {
  const { query, filter, depth } = retrieval;
  const requests: Partial<Record<ListName, estypes.MsearchRequestItem>> = {};
  if (wanted.words) requests.bm25 = byWords(query, filter);
  if (wanted.vector) requests.vector = byMeaning(await retrieval.vector(), depth, filter);
  return ask(retrieval, requests);
}

/** What is like the best documents, by words and by meaning; nothing where there are none. */
export async function likeLists(
  retrieval: Retrieval,
  { documents, terms, pull, words, vector }: Pick<Feedback, 'documents' | 'terms' | 'pull' | 'words' | 'vector'>,
  best: readonly Fused<ListName>[],
  first: HitLists,
): Promise<HitLists> {
  const { query, filter, depth } = retrieval;
  const indexOf = new Map(
    Object.values(first)
      .flat()
      .map(({ _id = '', _index }) => [_id, _index]),
  );
  const chunks = best.slice(0, documents).map(({ chunk }) => ({ _index: indexOf.get(chunk) ?? '', _id: chunk }));
  if (chunks.length === 0) return {};
  const requests: Partial<Record<ListName, estypes.MsearchRequestItem>> = {};
  if (words > 0) requests.likeWords = likeChunks(chunks, terms, scriptOf(query), filter);
  if (vector > 0) {
    const [own, others] = await Promise.all([retrieval.vector(), vectorsOf(retrieval, chunks)]);
    requests.likeVector = byMeaning(pulled(own, others, pull), depth, filter);
  }
  return ask(retrieval, requests);
}

/** Rocchio's query: the vector, and `pull` times the mean of the others. The length of a vector does not matter here. */
export function pulled(own: ArrayLike<number>, others: readonly ArrayLike<number>[], pull: number): number[] {
  const share = others.length === 0 ? 0 : pull / others.length;
  return Array.from(own, (value, at) => value + share * others.reduce((sum, other) => sum + (other[at] ?? 0), 0));
}

async function vectorsOf(
  { client, target }: Retrieval,
  chunks: readonly { _index: string; _id: string }[],
): Promise<number[][]> {
  const docs = chunks.map((chunk) => ({ ...chunk, _source: ['vector'] }));
  const { docs: found } = await searchCall(`read vectors of ${target}`, () =>
    client.mget<{ vector: number[] }>({ docs }),
  );
  // One that is gone since, with its index or by an update, is left out.
  return found.flatMap((doc) => ('_source' in doc && doc._source ? [doc._source.vector] : []));
}

async function ask(
  { client, target, depth, refused }: Retrieval,
  requests: Partial<Record<ListName, estypes.MsearchRequestItem>>,
): Promise<HitLists> {
  const names = Object.keys(requests) as ListName[];
  if (names.length === 0) return {};
  // No texts: they are read, and searched for passages to show, once it is known which.
  const common = { size: depth, _source: ['doc_id'], track_total_hits: false };
  const searches = names.flatMap((name) => [{}, { ...common, ...requests[name] }]);
  const { responses } = await searchCall(`search ${target}`, () =>
    client.msearch<Pick<ChunkFields, 'doc_id'>>({ index: target, searches }),
  );
  const lists: HitLists = {};
  for (const [at, response] of responses.entries()) {
    if ('error' in response) throw await refused(response);
    const name = names[at];
    if (name) lists[name] = response.hits.hits;
  }
  return lists;
}

/** The texts of chunks, with passages to show, in no order; one that is gone since is left out. */
export async function readHits(
  { client, target, query }: Pick<Retrieval, 'client' | 'target' | 'query'>,
  ids: readonly string[],
): Promise<estypes.SearchHit<ChunkFields>[]> {
  if (ids.length === 0) return [];
  const answer = await searchCall(`read what ${target} answers`, () =>
    client.search<ChunkFields>({ index: target, ...shown(ids, query) }),
  );
  return answer.hits.hits;
}

/** Hits as what fusion looks at. */
export const candidates = (lists: HitLists): Partial<Record<ListName, Candidate[]>> =>
  Object.fromEntries(
    Object.entries(lists).map(([name, hits]) => [
      name,
      hits.map(({ _id = '', _score, _source }) => ({
        id: _id,
        document: _source?.doc_id ?? _id,
        score: _score ?? 0,
      })),
    ]),
  );

/** Chunks of each list for `k` documents: several are often of the same document, and fusion needs depth. */
export const depthFor = (k: number): number => Math.max(SCORE_DEPTH, CHUNKS_PER_DOCUMENT * k);
const CHUNKS_PER_DOCUMENT = 10;
