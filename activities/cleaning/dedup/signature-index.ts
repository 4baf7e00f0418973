import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ArtifactRef } from '../../../schemas/common';
import type { Report } from '../../kit/heartbeat';
import { unitKey } from '../../kit/unit';
import type { ArtifactStore } from '../../stores/artifact-store';
import { publishArtifact } from '../../stores/content-address';
import { LineWriter } from '../line-writer';
import type { ShardMeta } from '../output/shard';
import { place } from '../place';
import type { Change } from './cluster';
import { IDS, readRows, SIGNATURES, SignatureWriter, SKETCHES, type UnitSignatures } from './signature-file';
import { unitMeta } from './unit-files';

/** What a signature index says of itself: documents in each group of files, one group for each unit that kept any. */
export interface IndexMeta {
  counts: number[];
}

/** Name of a group's file in the index. */
export const inIndex = (group: number, name: string): string => `${String(group).padStart(6, '0')}-${name}`;

/** Writes the signatures and ids of the documents that stay of a unit into a folder. Returns how many. */
export function writeSurvivingSignatures(
  unit: UnitSignatures & { ids: string },
  changes: readonly Change[],
  dir: string,
): number {
  const changed = new Map(changes.map((change) => [change.ordinal, change]));
  const ids = readFileSync(unit.ids, 'utf8').split('\n');
  const writer = new SignatureWriter();
  const lines = new LineWriter(path.join(dir, IDS));
  try {
    readRows(unit).forEach((row, ordinal) => {
      const change = changed.get(ordinal);
      if (change?.reason) return;
      writer.add(row);
      const { id = null } = change ?? {};
      lines.write(id === null ? (ids[ordinal] ?? '""') : JSON.stringify(id));
    });
    lines.close();
  } finally {
    lines.release();
  }
  writer.write(dir);
  return writer.count;
}

/** Gathers what the units of the write phase left into the index of a dataset version. `dir` is an empty folder. */
export async function publishSignatures(
  store: ArtifactStore,
  { workKey, units }: { workKey: string; units: number },
  dir: string,
  report: Report,
): Promise<ArtifactRef> {
  const counts: number[] = [];
  for (let unit = 0; unit < units; unit++) {
    const key = unitKey({ workKey, phase: 'write', unit });
    const { kept } = await unitMeta<ShardMeta>(store, key);
    report(units + unit + 1, 2 * units);
    if (kept === 0) continue;
    for (const name of [SIGNATURES, SKETCHES, IDS]) {
      await place(await store.localFile(key, name), path.join(dir, inIndex(counts.length, name)));
    }
    counts.push(kept);
  }
  const meta: IndexMeta = { counts };
  const documents = counts.reduce((sum, count) => sum + count, 0);
  return publishArtifact(store, 'signatures', dir, { ...meta }, documents);
}
