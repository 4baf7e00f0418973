import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DatasetDocument } from '../indexing/chunk-record';
import { unitKey, type UnitRef } from '../kit/unit';
import type { ArtifactStore } from '../stores/artifact-store';
import type { Incoming } from './decide';

/** A document of a batch, with what is to be cut and embedded; none for a deletion. */
export interface BatchDocument extends Incoming {
  document: DatasetDocument | null;
}

const DOCUMENTS = 'documents.jsonl';
const COVERED = 'covered.json';

/** One batch of an update: its documents are kept with it, so that all that follows is of the same. */
export interface BatchRef {
  workKey: string;
  unit: number;
}

export const batchUnit = ({ workKey, unit }: BatchRef): UnitRef => ({ workKey, phase: 'batch', unit });

/** The batch embedded for indexes of one recipe. A later round is embedded anew, for what the one before lacked. */
export const embeddedBatch = ({ workKey, unit }: BatchRef, recipe: string, round: number): UnitRef => ({
  workKey,
  phase: `embed-${recipe}-${round}`,
  unit,
});

export async function writeBatch(dir: string, documents: readonly BatchDocument[]): Promise<void> {
  await writeLines(path.join(dir, DOCUMENTS), documents);
}

export async function readBatch(store: ArtifactStore, batch: BatchRef): Promise<BatchDocument[]> {
  return readLines<BatchDocument>(await store.localFile(unitKey(batchUnit(batch)), DOCUMENTS));
}

/** Notes for which documents a batch was embedded; one that has no chunks counts as well. */
export async function writeCovered(dir: string, keys: readonly string[]): Promise<void> {
  await writeFile(path.join(dir, COVERED), JSON.stringify(keys));
}

export async function readCovered(store: ArtifactStore, unit: UnitRef): Promise<Set<string>> {
  return new Set(JSON.parse(await readFile(await store.localFile(unitKey(unit), COVERED), 'utf8')) as string[]);
}

/** Writes one JSON object a line. */
export async function writeLines(file: string, rows: readonly object[]): Promise<void> {
  await writeFile(file, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

export async function readLines<R>(file: string): Promise<R[]> {
  const text = await readFile(file, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as R);
}
