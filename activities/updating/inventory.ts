import type { Client } from '@elastic/elasticsearch';
import { searchCall, CALL_TIMEOUT_MS } from '../indexing/search-call';
import type { LedgerRow } from '../stores/registry-documents';

/** The chunks that an index has of a document. */
export interface FoundChunks {
  chunks: number;
  lowest: number;
  highest: number;
  /** One above the largest ordinal. */
  ordinals: number;
}

/** Hits of one page without their texts: a megabyte for the server, whose limit is 10,000. */
const PAGE = 5_000;
const KEEP_ALIVE = '5m';

/** Opens a view of all that was written to an index so far. */
export async function openView(search: Client, physical: string, signal: AbortSignal): Promise<string> {
  const options = { signal, requestTimeout: CALL_TIMEOUT_MS };
  const open = async () => {
    await search.indices.refresh({ index: physical }, options);
    return search.openPointInTime({ index: physical, keep_alive: KEEP_ALIVE }, options);
  };
  return (await searchCall(`open a view of ${physical}`, open, signal)).id;
}

/**
 * Counts the chunks of a view by document, with their versions, and closes the view. Reads no text and no vector.
 * Memory: about 200 bytes a document.
 */
export async function takeInventory(
  search: Client,
  view: string,
  { signal, found }: { signal: AbortSignal; found: (chunks: number) => void },
): Promise<Map<string, FoundChunks>> {
  const options = { signal, requestTimeout: CALL_TIMEOUT_MS };
  const what = 'take the inventory of an index';
  let id = view;
  const inventory = new Map<string, FoundChunks>();
  let after: { search_after?: (string | number)[] } = {};
  let chunks = 0;
  try {
    for (;;) {
      const page = () =>
        search.search(
          {
            pit: { id, keep_alive: KEEP_ALIVE },
            size: PAGE,
            sort: '_shard_doc',
            ...after,
            _source: false,
            fields: ['doc_id', 'ordinal'],
            version: true,
            track_total_hits: false,
            allow_partial_search_results: false,
          },
          options,
        );
      const { hits, pit_id } = await searchCall(what, page, signal);
      id = pit_id ?? id;
      for (const { fields = {}, _version = 0 } of hits.hits) {
        const { doc_id: [document] = [''], ordinal: [ordinal] = [0] } = fields as {
          doc_id?: string[];
          ordinal?: number[];
        };
        addChunk(inventory, document ?? '', ordinal ?? 0, _version);
      }
      chunks += hits.hits.length;
      found(chunks);
      const last = hits.hits.at(-1)?.sort as (string | number)[] | undefined;
      if (hits.hits.length < PAGE || !last) return inventory;
      after = { search_after: last };
    }
  } finally {
    await search.closePointInTime({ id }).catch(() => undefined);
  }
}

function addChunk(inventory: Map<string, FoundChunks>, document: string, ordinal: number, version: number): void {
  const known = inventory.get(document);
  if (!known) {
    inventory.set(document, { chunks: 1, lowest: version, highest: version, ordinals: ordinal + 1 });
    return;
  }
  known.chunks += 1;
  known.lowest = Math.min(known.lowest, version);
  known.highest = Math.max(known.highest, version);
  known.ordinals = Math.max(known.ordinals, ordinal + 1);
}

/**
 * Whether an index has of a document just what its ledger says: so many chunks, all of one version.
 * @param before the first version that may not have been there when the inventory was taken.
 */
export function isAsRecorded(row: LedgerRow, found: FoundChunks | undefined, before: number): boolean {
  if (row.version >= before) return true;
  if (!found) return row.chunks === 0;
  return found.chunks === row.chunks && found.lowest === row.version && found.highest === row.version;
}
