import path from 'node:path';
import type { Client } from '@elastic/elasticsearch';
import type { DatasetVersion } from '../../schemas/clean-dataset';
import { failure } from '../errors';
import { datasetFiles, type DocumentPlace, readPlaces, readRows, rowRanges } from '../indexing/dataset-rows';
import { documentHash, type DatasetDocument } from '../indexing/chunk-record';
import { type UnitContext, unitKey, type UnitRef } from '../kit/unit';
import type { ArtifactStore } from '../stores/artifact-store';
import { documentKey, nextDocumentVersion, type WriteTarget } from '../stores/registry-documents';
import type { UpdateRegistry } from '../stores/registry-updates';
import { type BatchDocument, readLines, writeLines } from './batch';
import { compare, type Delta, type DeltaCounts, type DeltaEntry, strayDocuments } from './compare';
import { openView, takeInventory } from './inventory';

/** Entries of a delta, in files of so many: a unit of the update reads one. */
const fileOf = (unit: number): string => `delta-${String(unit).padStart(6, '0')}.jsonl`;

export interface DeltaMeta {
  [key: string]: unknown;
  counts: DeltaCounts;
  /** As in `Delta`. */
  reconciled: number;
  documents: number;
  units: number;
}

export const deltaUnit = (workKey: string): UnitRef => ({ workKey, phase: 'compare', unit: 0 });

/** Ledger rows that are compared at once, about: some 30 MB. */
const PART_ROWS = 100_000;

/** The documents of the dataset, by key. Memory: about 300 bytes a document. */
async function placesByKey(store: ArtifactStore, dataset: DatasetVersion): Promise<Map<string, DocumentPlace>> {
  const files = await datasetFiles(store, dataset);
  const rows = files.reduce((sum, file) => sum + file.rows, 0);
  const places = new Map<string, DocumentPlace>();
  for await (const part of readPlaces(store, dataset, rowRanges(files, 0, rows))) {
    for (const place of part) places.set(documentKey(place.id), place);
  }
  return places;
}

/**
 * Compares a dataset with the ledger of an index, and the ledger with what the index holds, and leaves what has to be done
 * in files of `unitDocuments` entries. Neither the texts of documents nor chunks or vectors are read.
 */
export async function writeDelta(
  { store, search, updates }: { store: ArtifactStore; search: Client; updates: UpdateRegistry },
  { dataset, target, unitDocuments }: { dataset: DatasetVersion; target: WriteTarget; unitDocuments: number },
  { dir, signal, report }: UnitContext,
): Promise<DeltaMeta> {
  const readSince = await updates.readSince(dataset);
  const places = await placesByKey(store, dataset);
  const documents = places.size;
  // Between two updates, so that what a batch has half written is not taken for damage.
  const { view, before } = await updates.locked(target.alias, async (query) => ({
    view: await openView(search, target.physical, signal),
    before: await nextDocumentVersion(query),
  }));
  const inventory = await takeInventory(search, view, { signal, found: (chunks) => report(chunks, 0) });
  const parts = partsOf(documents);
  const deltas: Delta[] = [];
  for (const [at, { from, to }] of parts.entries()) {
    const dataset = new Map([...places].filter(([key]) => key >= from && key < to));
    const ledger = await updates.range(target.id, from, to);
    deltas.push(compare({ dataset, ledger, inventory, before, readSince }));
    report(at + 1, parts.length);
  }
  deltas.push(strayDocuments(inventory, readSince));

  // In the order of the dataset's rows, so that a unit finds its texts together.
  const entries = deltas.flatMap((delta) => delta.entries).sort(byPlace);
  await updates.claim(
    target.id,
    deltas.flatMap(({ strays }) => strays),
  );
  const units = Math.ceil(entries.length / unitDocuments);
  for (let unit = 0; unit < units; unit += 1) {
    const slice = entries.slice(unit * unitDocuments, (unit + 1) * unitDocuments);
    await writeLines(path.join(dir, fileOf(unit)), slice);
  }
  const reconciled = deltas.reduce((sum, delta) => sum + delta.reconciled, 0);
  return { counts: addCounts(deltas.map(({ counts }) => counts)), reconciled, documents, units };
}

function byPlace({ place: a }: DeltaEntry, { place: b }: DeltaEntry): number {
  if (!a || !b) return Number(!a) - Number(!b);
  return a.file === b.file ? a.row - b.row : a.file < b.file ? -1 : 1;
}

/** Ranges of keys with about `PART_ROWS` documents each: by the first two digits, or all at once. */
function partsOf(documents: number): { from: string; to: string }[] {
  // Any key is below "g", for keys are hexadecimal.
  if (documents <= PART_ROWS) return [{ from: '', to: 'g' }];
  return Array.from({ length: 256 }, (_, at) => ({ from: hex(at), to: at === 255 ? 'g' : hex(at + 1) }));
}

const hex = (byte: number): string => byte.toString(16).padStart(2, '0');

function addCounts(all: readonly DeltaCounts[]): DeltaCounts {
  const sum: DeltaCounts = { unchanged: 0, added: 0, changed: 0, deleted: 0, newer: 0, repaired: 0 };
  for (const counts of all) for (const name of Object.keys(sum) as (keyof DeltaCounts)[]) sum[name] += counts[name];
  return sum;
}

/** The entries of one unit with their texts: from the dataset, or from the change that is newer. */
export async function readDelta(
  { store, updates }: { store: ArtifactStore; updates: UpdateRegistry },
  { workKey, unit, dataset, alias }: { workKey: string; unit: number; dataset: DatasetVersion; alias: string },
): Promise<BatchDocument[]> {
  const entries = await readLines<DeltaEntry>(await store.localFile(unitKey(deltaUnit(workKey)), fileOf(unit)));
  const byRow = await rowDocuments(store, dataset, entries);
  const changed = entries.filter(({ changeId, hash }) => changeId !== null && hash !== null);
  const changes = await updates.changesOf(
    alias,
    changed.map(({ key }) => key),
  );
  const byChange = new Map(changes.map((change) => [change.changeId, change]));
  return entries.flatMap(({ place, ...entry }): BatchDocument[] => {
    if (entry.hash === null) return [{ ...entry, document: null }];
    if (place) {
      const document = byRow.get(`${place.file}:${place.row}`);
      if (!document) throw failure('ArtifactCorrupt', `${entry.id} is not in row ${place.row} of ${place.file}.`);
      return [{ ...entry, document }];
    }
    const change = byChange.get(entry.changeId ?? -1);
    // It was changed once more: the feed is at it.
    if (!change) return [];
    const { source, title, text } = change;
    return [{ ...entry, hash: documentHash({ source, title, text }), document: { id: entry.id, source, title, text } }];
  });
}

async function rowDocuments(
  store: ArtifactStore,
  dataset: DatasetVersion,
  entries: readonly DeltaEntry[],
): Promise<Map<string, DatasetDocument>> {
  const rows = new Map<string, number[]>();
  for (const { place, hash } of entries) {
    if (place && hash !== null) rows.set(place.file, [...(rows.get(place.file) ?? []), place.row]);
  }
  return readRows(store, dataset, rows);
}
