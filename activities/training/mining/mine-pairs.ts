import { createHash } from 'node:crypto';
import type { Client } from '@elastic/elasticsearch';
import { type ChunkFields, embeddingText } from '../../indexing/chunk-record';
import { searchCall } from '../../indexing/search-call';
import { inParallel } from '../../kit/in-parallel';
import type { GoldenQuery } from '../../relevance/golden';
import { hybridSearch, type QueryEncoder } from '../../search/hybrid-search';
import { chooseNegatives, type NegativeRanks } from './choose-negatives';

/** A row that an encoder learns from: texts as they are embedded. */
export interface MinedRow {
  anchor: string;
  positive: string;
  negative: string;
}

export interface Mining extends NegativeRanks {
  /** The alias to search. */
  index: string;
  /** Negatives for each document that answers a query. */
  perPositive: number;
  seed: number;
}

/**
 * Asks an index each query as any user would, and pairs each document that answers it with documents that were found and do
 * not: those are what the encoder confuses with the answer. Documents that are not in the index are left out, and answers for
 * which no negative is left. In the order of the queries and their documents.
 */
export async function minePairs(
  client: Client,
  encoder: QueryEncoder,
  { index, perPositive, seed, ...ranks }: Mining,
  queries: readonly GoldenQuery[],
  { report, signal }: { report?: (done: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<MinedRow[]> {
  let done = 0;
  const mined = await inParallel(
    queries,
    async ({ query, gains }): Promise<MinedRow[]> => {
      const hits = await hybridSearch(client, encoder, { alias: index, query, k: ranks.to });
      const relevant = new Set(gains.keys());
      const ranked = hits.map(({ document }) => document.id);
      const chunks = new Map(hits.map(({ document, id }) => [document.id, id]));
      const wanted = [...relevant].sort();
      const drawn = chooseNegatives(ranked, relevant, ranks, perPositive * wanted.length, seedOf(query, seed));
      const texts = await textsOf(client, index, [...wanted, ...drawn], chunks);
      report?.((done += 1), queries.length);
      const positives = wanted.flatMap((document) => texts.get(document) ?? []);
      // Each answer in turn gets one, until none is left.
      return drawn.flatMap((document, at) => {
        const [positive, negative] = [positives[at % positives.length], texts.get(document)];
        return positive === undefined || negative === undefined ? [] : [{ anchor: query, positive, negative }];
      });
    },
    { signal },
  );
  return mined.flat();
}

/** A query's own seed, so that others that come or go change nothing of it. */
const seedOf = (query: string, seed: number): number =>
  createHash('sha256').update(`${seed}\n${query}`).digest().readUInt32BE(0);

/** What is embedded of each document: the chunk that was found, otherwise the first one. */
async function textsOf(
  client: Client,
  index: string,
  documents: readonly string[],
  found: ReadonlyMap<string, string>,
): Promise<Map<string, string>> {
  const ids = documents.flatMap((document) => found.get(document) ?? []);
  const others = documents.filter((document) => !found.has(document));
  const first = { bool: { filter: [{ terms: { doc_id: others } }, { term: { ordinal: 0 } }] } };
  const { hits } = await searchCall('read the texts of documents', () =>
    client.search<ChunkFields>({
      index,
      query: { bool: { should: [{ ids: { values: ids } }, first] } },
      size: documents.length,
      _source: ['doc_id', 'context', 'text'],
    }),
  );
  return new Map(hits.hits.flatMap(({ _source }) => (_source ? [[_source.doc_id, embeddingText(_source)]] : [])));
}
