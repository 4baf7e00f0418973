import type { DocumentPlace } from '../indexing/dataset-rows';
import { documentKey, type LedgerRow } from '../stores/registry-documents';
import { decide, type Incoming } from './decide';
import { type FoundChunks, isAsRecorded } from './inventory';

/** How the documents of an index and of a dataset were found to stand; the numbers add up to all documents. */
export interface DeltaCounts {
  /** The same in both. */
  unchanged: number;
  added: number;
  changed: number;
  /** No longer in the dataset. */
  deleted: number;
  /** Changed near-line after the sources of the dataset were read: they stay as they are. */
  newer: number;
  /** As the ledger has them, but not as the index did: written again. */
  repaired: number;
}

/** A document that an update has to write or delete, and where its text is found. */
export interface DeltaEntry extends Incoming {
  /** Of a document of the dataset. */
  place: { file: string; row: number } | null;
}

export interface Delta {
  entries: DeltaEntry[];
  counts: DeltaCounts;
  /** Of the added, changed and deleted: last written by a feed, and not so in sources that were read later. */
  reconciled: number;
  /** Chunks of documents that are not on record, or deleted: how many each may have. */
  strays: { key: string; document: string; chunks: number }[];
}

interface Compared {
  /** The documents of the dataset, by key. */
  dataset: ReadonlyMap<string, DocumentPlace>;
  /** What the index has on record. */
  ledger: readonly LedgerRow[];
  /** What it holds; it loses the entries that were looked at. */
  inventory: Map<string, FoundChunks>;
  /** The first version that came after the inventory. */
  before: number;
  readSince: Date;
}

/**
 * What has to be done so that an index holds a dataset, and that it holds what its ledger says. A document that a feed has
 * changed since the sources were read stays; all others are as the dataset has them, or go.
 */
export function compare({ dataset, ledger, inventory, before, readSince }: Compared): Delta {
  const counts: DeltaCounts = { unchanged: 0, added: 0, changed: 0, deleted: 0, newer: 0, repaired: 0 };
  const delta: Delta = { entries: [], counts, reconciled: 0, strays: [] };
  const asOf = readSince.toISOString();
  const known = new Set<string>();
  for (const row of ledger) {
    known.add(row.key);
    const found = inventory.get(row.document);
    inventory.delete(row.document);
    const place = dataset.get(row.key);
    const incoming = { key: row.key, id: place?.id ?? row.document, changeId: null, asOf };
    const wanted: DeltaEntry = { ...incoming, hash: place?.hash ?? null, place: placeOf(place) };
    const isThere = row.version > 0 && row.contentHash !== null;
    const verdict = decide(row, wanted);
    if (verdict === 'write' && (isThere || place)) {
      delta.entries.push(wanted);
      counts[!place ? 'deleted' : isThere ? 'changed' : 'added'] += 1;
      if (row.changeId !== null) delta.reconciled += 1;
    } else if (isAsRecorded(row, found, before)) {
      // A tombstone of what the dataset does not have either is nothing that anybody counts.
      if (isThere || place) counts[verdict === 'older' ? 'newer' : 'unchanged'] += 1;
    } else {
      // Written again as what it is on record for: the dataset's, or the change that is newer.
      delta.entries.push(verdict === 'older' ? changeAgain(row) : { ...wanted, repair: true });
      counts.repaired += 1;
    }
    if (found && found.ordinals > row.claimed)
      delta.strays.push({ key: row.key, document: row.document, chunks: found.ordinals });
  }
  for (const [key, place] of dataset) {
    if (known.has(key)) continue;
    delta.entries.push({ key, id: place.id, hash: place.hash, changeId: null, asOf, place: placeOf(place) });
    counts.added += 1;
    const found = inventory.get(place.id);
    inventory.delete(place.id);
    if (found) delta.strays.push({ key, document: place.id, chunks: found.ordinals });
  }
  return delta;
}

/** Deletes chunks of documents that neither the ledger nor the dataset knows. */
export function strayDocuments(inventory: ReadonlyMap<string, FoundChunks>, readSince: Date): Delta {
  const counts: DeltaCounts = { unchanged: 0, added: 0, changed: 0, deleted: 0, newer: 0, repaired: inventory.size };
  const found = [...inventory].map(([document, { ordinals }]) => ({
    ...{ key: documentKey(document), document, chunks: ordinals },
  }));
  const asOf = readSince.toISOString();
  const entries = found.map(({ key, document }): DeltaEntry => ({
    ...{ key, id: document, hash: null, changeId: null, asOf, repair: true, place: null },
  }));
  return { entries, counts, reconciled: 0, strays: found };
}

const placeOf = (place: DocumentPlace | undefined): DeltaEntry['place'] =>
  place ? { file: place.file, row: place.row } : null;

const changeAgain = ({ key, document, contentHash, changeId, asOf }: LedgerRow): DeltaEntry => ({
  ...{ key, id: document, hash: contentHash, changeId, asOf: asOf.toISOString(), repair: true, place: null },
});
