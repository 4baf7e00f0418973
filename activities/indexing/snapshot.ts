import type { Client, estypes } from '@elastic/elasticsearch';
import type { ChunkFields } from './chunk-record';
import { CALL_TIMEOUT_MS, responseError, searchCall, unavailable } from './search-call';

/** A chunk as the index gives it back, without its vector. */
export type ChunkHit = estypes.SearchHit<StoredChunk>;
type StoredChunk = ChunkFields & { content_hash: string };

/** A view of an index; whoever opened it lets go of it. */
export type Snapshot = Awaited<ReturnType<typeof openSnapshot>>;

/** Hits of one page: 3 MB for the server, which has to read the vectors to leave them out, on a heap of 512 MB. */
const PAGE = 500;
/** How long the server keeps the snapshot between two pages. */
const KEEP_ALIVE = '5m';

/** A view of an index that later writes do not change. */
export async function openSnapshot(client: Client, physical: string, signal: AbortSignal) {
  const options = { signal, requestTimeout: CALL_TIMEOUT_MS };
  const open = () => client.openPointInTime({ index: physical, keep_alive: KEEP_ALIVE }, options);
  let { id } = await searchCall(`open a snapshot of ${physical}`, open, signal);
  const page = async (query: estypes.QueryDslQueryContainer, after: estypes.SortResults | undefined) => {
    const body = {
      pit: { id, keep_alive: KEEP_ALIVE },
      query,
      size: PAGE,
      sort: '_shard_doc', // the order on disk, which costs nothing
      ...(after ? { search_after: after } : {}),
      _source: { excludes: ['vector'] },
      version: true,
      track_total_hits: false,
      // Half an answer would read as missing chunks.
      allow_partial_search_results: false,
    };
    try {
      return await client.search<StoredChunk>(body, options);
    } catch (error) {
      // The node was restarted and knows nothing of the snapshot: the next attempt takes a new one.
      if (responseError(error)?.status === 404) throw unavailable(`The snapshot of ${physical} was lost.`);
      throw error;
    }
  };

  return {
    async *scan(query: estypes.QueryDslQueryContainer): AsyncGenerator<ChunkHit> {
      let after: estypes.SortResults | undefined;
      for (;;) {
        const { hits, pit_id } = await searchCall(`read ${physical} back`, () => page(query, after), signal);
        id = pit_id ?? id;
        yield* hits.hits;
        if (hits.hits.length < PAGE) return;
        after = hits.hits.at(-1)?.sort;
      }
    },
    /** Lets go of the snapshot; the server does so by itself after a while. */
    async close(): Promise<void> {
      await client.closePointInTime({ id }).catch(() => undefined);
    },
  };
}
