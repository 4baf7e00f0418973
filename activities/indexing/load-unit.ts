import type { Client } from '@elastic/elasticsearch';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import type { Report } from '../kit/heartbeat';
import type { ArtifactStore } from '../stores/artifact-store';
import { documentKey, type NewLedgerRow } from '../stores/registry-documents';
import type { BuildWrites } from '../stores/registry-indexes';
import type { UpdateRegistry } from '../stores/registry-updates';
import { datasetFiles, type DocumentPlace, readPlaces, rowRanges } from './dataset-rows';
import { indexEmbeddedUnit } from './index-unit';

/**
 * Loads an embedded unit into a build that receives updates, and enters its documents in the build's ledger. A document
 * that was updated meanwhile stays as it is: each chunk is refused where a later version stands, and what is left over
 * of the others goes with the sweep after the seal.
 */
export async function loadUnit(
  { store, search, updates }: { store: ArtifactStore; search: Client; updates: UpdateRegistry },
  {
    workKey,
    physical,
    unit,
    dataset,
    unitDocuments,
    writes,
  }: {
    workKey: string;
    physical: string;
    unit: number;
    dataset: DatasetVersion;
    unitDocuments: number;
    writes: BuildWrites;
  },
  context: { report: Report; signal: AbortSignal },
): Promise<{ chunks: number }> {
  const { indexId, baseVersion } = writes;
  const ranges = rowRanges(await datasetFiles(store, dataset), unit * unitDocuments, (unit + 1) * unitDocuments);
  const documents: DocumentPlace[] = [];
  for await (const places of readPlaces(store, dataset, ranges)) documents.push(...places);
  const keys = new Map(documents.map(({ id }) => [id, documentKey(id)]));
  const standing = await updates.rows(indexId, [...keys.values()]);
  const rowOf = (id: string) => standing.get(keys.get(id) ?? '');
  const versionOf = (id: string) => ((rowOf(id)?.version ?? 0) > baseVersion ? null : baseVersion);

  const { chunks, chunksOf } = await indexEmbeddedUnit(
    { store, search },
    { workKey, physical, unit },
    context,
    versionOf,
  );
  const asOf = await updates.readSince(dataset);
  const rows = documents.map(({ id, hash }): NewLedgerRow => {
    const count = chunksOf.get(id) ?? 0;
    // An update that was given up may have left more.
    const claimed = Math.max(count, rowOf(id)?.claimed ?? 0);
    const key = keys.get(id) ?? '';
    return { key, document: id, version: baseVersion, contentHash: hash, chunks: count, claimed, changeId: null, asOf };
  });
  await updates.enter(indexId, rows);
  return { chunks };
}
