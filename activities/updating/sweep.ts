import type { Client } from '@elastic/elasticsearch';
import { type BulkOperation, bulkIndex } from '../indexing/bulk';
import { updateAlias } from '../indexing/index-definition';
import { CALL_TIMEOUT_MS, searchCall } from '../indexing/search-call';
import { openSnapshot } from '../indexing/snapshot';
import type { LedgerRow } from '../stores/registry-documents';
import type { BuildWrites } from '../stores/registry-indexes';
import type { UpdateRegistry } from '../stores/registry-updates';

/** Documents that one query asks for; the server takes 65,536. */
const DOCUMENTS = 1_000;

/**
 * Takes out of a sealed build what it has loaded of documents that were updated meanwhile. A load refuses to overwrite a
 * newer version chunk by chunk; where the newer one has fewer, the others are left over, and go here.
 * @returns how many chunks went.
 */
export async function sweepBuild(
  { search, updates }: { search: Client; updates: UpdateRegistry },
  { physical, writes }: { physical: string; writes: BuildWrites },
  signal: AbortSignal,
): Promise<number> {
  const updated = await updates.rowsAbove(writes.indexId, writes.baseVersion);
  if (updated.length === 0) return 0;
  const options = { signal, requestTimeout: CALL_TIMEOUT_MS };
  await searchCall(`refresh ${physical}`, () => search.indices.refresh({ index: physical }, options), signal);
  let swept = 0;
  for (let from = 0; from < updated.length; from += DOCUMENTS) {
    const leftOver = await loadedChunks(search, physical, updated.slice(from, from + DOCUMENTS), signal);
    await bulkIndex(search, updateAlias(physical), leftOver, { signal, written: (count) => (swept += count) });
  }
  return swept;
}

/** Deletions of all chunks that the load has written of the documents. */
async function loadedChunks(
  search: Client,
  physical: string,
  updated: readonly LedgerRow[],
  signal: AbortSignal,
): Promise<BulkOperation[]> {
  const versions = new Map(updated.map(({ document, version }) => [document, version]));
  const loaded = { range: { unit: { gte: 0 } } };
  const snapshot = await openSnapshot(search, physical, signal);
  try {
    const operations: BulkOperation[] = [];
    const query = { bool: { filter: [loaded, { terms: { doc_id: [...versions.keys()] } }] } };
    for await (const { _id = '', _source } of snapshot.scan(query)) {
      const version = versions.get(_source?.doc_id ?? '');
      if (version !== undefined) operations.push({ id: _id, version, source: null });
    }
    return operations;
  } finally {
    await snapshot.close();
  }
}
